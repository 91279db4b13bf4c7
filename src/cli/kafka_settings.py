"""The settings of Kafka: where the brokers are, how to authenticate, and how topics are made. Part of `settings`."""

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from consumers.brokers import (
    OF_THE_BROKERS,
    PARTITIONS,
    Brokers,
    SaslMechanism,
    Security,
    SecurityProtocol,
    TopicShape,
)

_SASL: Final = {
    "KAFKA_SASL_MECHANISM": "sasl_mechanism",
    "KAFKA_SASL_USERNAME": "sasl_username",
    "KAFKA_SASL_PASSWORD": "sasl_password",
}
_TLS: Final = {
    "KAFKA_SSL_CAFILE": "ssl_cafile",
    "KAFKA_SSL_CERTFILE": "ssl_certfile",
    "KAFKA_SSL_KEYFILE": "ssl_keyfile",
    "KAFKA_SSL_PASSWORD": "ssl_password",
}


class KafkaSettings(BaseSettings):
    """The variables whose names begin with `KAFKA_`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True)

    kafka_bootstrap_servers: Annotated[str | None, Field(alias="KAFKA_BOOTSTRAP_SERVERS")] = None
    security_protocol: Annotated[SecurityProtocol, Field(alias="KAFKA_SECURITY_PROTOCOL")] = SecurityProtocol.PLAINTEXT
    sasl_mechanism: Annotated[SaslMechanism | None, Field(alias="KAFKA_SASL_MECHANISM")] = None
    sasl_username: Annotated[str | None, Field(alias="KAFKA_SASL_USERNAME")] = None
    sasl_password: Annotated[SecretStr | None, Field(alias="KAFKA_SASL_PASSWORD")] = None
    ssl_cafile: Annotated[Path | None, Field(alias="KAFKA_SSL_CAFILE")] = None
    ssl_certfile: Annotated[Path | None, Field(alias="KAFKA_SSL_CERTFILE")] = None
    ssl_keyfile: Annotated[Path | None, Field(alias="KAFKA_SSL_KEYFILE")] = None
    ssl_password: Annotated[SecretStr | None, Field(alias="KAFKA_SSL_PASSWORD")] = None
    partitions: Annotated[int, Field(alias="KAFKA_PARTITIONS", ge=1, le=10_000)] = PARTITIONS
    replication_factor: Annotated[int, Field(alias="KAFKA_REPLICATION_FACTOR", ge=-1, le=100)] = OF_THE_BROKERS
    min_insync_replicas: Annotated[int | None, Field(alias="KAFKA_MIN_INSYNC_REPLICAS", ge=1, le=100)] = None
    retention_ms: Annotated[int | None, Field(alias="KAFKA_RETENTION_MS", ge=-1)] = None

    @field_validator("security_protocol", "sasl_mechanism", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("replication_factor")
    @classmethod
    def _some_replicas(cls, value: int) -> int:
        if value == 0:
            raise ValueError("must be at least 1, or -1 for what the brokers are set to")
        return value

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        faults = [*self._sasl_faults(), *self._tls_faults(), *self._copies_faults()]
        if faults:
            raise ValueError(" ".join(faults))
        return self

    def _sasl_faults(self) -> list[str]:
        names_set = [name for name, attribute in _SASL.items() if getattr(self, attribute) is not None]
        missing = [name for name in _SASL if name not in names_set]
        protocol = self.security_protocol
        if protocol.authenticated and missing:
            return [f"KAFKA_SECURITY_PROTOCOL {protocol} needs {' and '.join(missing)}."]
        if names_set and not protocol.authenticated:
            return [
                f"{' and '.join(names_set)} would not be used: KAFKA_SECURITY_PROTOCOL is {protocol}, not SASL_SSL."
            ]
        return []

    def _tls_faults(self) -> list[str]:
        names_set = [name for name, attribute in _TLS.items() if getattr(self, attribute) is not None]
        if names_set and not self.security_protocol.encrypted:
            protocol = self.security_protocol
            return [
                f"{' and '.join(names_set)} would not be used: KAFKA_SECURITY_PROTOCOL is {protocol}, not SSL or SASL_SSL."
            ]
        if self.ssl_certfile is None and (self.ssl_keyfile is not None or self.ssl_password is not None):
            return ["KAFKA_SSL_KEYFILE and KAFKA_SSL_PASSWORD need KAFKA_SSL_CERTFILE."]
        unreadable = [f"{name}: there is no file {path}." for name, path in self._files() if not path.is_file()]
        return unreadable or self._unusable_files()

    def _files(self) -> list[tuple[str, Path]]:
        paths = {"KAFKA_SSL_CAFILE": self.ssl_cafile, "KAFKA_SSL_CERTFILE": self.ssl_certfile}
        paths["KAFKA_SSL_KEYFILE"] = self.ssl_keyfile
        return [(name, path) for name, path in paths.items() if path is not None]

    def _unusable_files(self) -> list[str]:
        if not self.security_protocol.encrypted:
            return []
        try:
            self.security.tls()
        except (OSError, ValueError) as error:  # `ssl.SSLError` is an `OSError`
            names = ", ".join(name for name, _ in self._files())
            return [f"{names or 'KAFKA_SSL_CAFILE'}: these cannot be used for TLS ({error})."]
        return []

    def _copies_faults(self) -> list[str]:
        copies, replicas = self.min_insync_replicas, self.replication_factor
        if copies is None or replicas == OF_THE_BROKERS or copies <= replicas:
            return []
        return [
            f"KAFKA_MIN_INSYNC_REPLICAS {copies} is more than KAFKA_REPLICATION_FACTOR {replicas}: nothing could be sent."
        ]

    @property
    def security(self) -> Security:
        """Returns how to connect and authenticate."""
        return Security(
            protocol=self.security_protocol,
            mechanism=self.sasl_mechanism,
            username=self.sasl_username,
            password=_secret(self.sasl_password),
            ca_file=_path(self.ssl_cafile),
            certificate_file=_path(self.ssl_certfile),
            key_file=_path(self.ssl_keyfile),
            key_password=_secret(self.ssl_password),
        )

    @property
    def brokers(self) -> Brokers | None:
        """The brokers; `None` when there are none."""
        return None if self.kafka_bootstrap_servers is None else Brokers(self.kafka_bootstrap_servers, self.security)

    @property
    def topic_shape(self) -> TopicShape:
        """Returns the settings of new topics."""
        return TopicShape(self.partitions, self.replication_factor, self.min_insync_replicas, self.retention_ms)


def _secret(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path)
