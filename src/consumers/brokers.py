"""The Kafka brokers of an installation: where they are, how to be let in, and the shape of the topics that are made there.

`Brokers.client_options` is what every client of ours is made with. Settings are read into these values, so nothing here loads the client.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

PARTITIONS: Final = 12
OF_THE_BROKERS: Final = -1
"""Replication factor of a new topic: whatever the brokers are set to (`default.replication.factor`)."""


class SecurityProtocol(StrEnum):
    """How a connection to a broker is made: in clear or with TLS, with a user or without."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def encrypted(self) -> bool:
        """Returns whether the connection is made with TLS."""
        return self in {SecurityProtocol.SSL, SecurityProtocol.SASL_SSL}

    @property
    def authenticated(self) -> bool:
        """Returns whether a user and a password are needed."""
        return self in {SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL}


class SaslMechanism(StrEnum):
    """How user and password are proved."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


class HiddenText(str):
    """A text that does not show in a `repr`: the client logs all that it is made with, at level debug."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'**********'"


@dataclass(frozen=True, slots=True)
class Security:
    """The credentials by which brokers let us in. Files are paths of PEM files; `ssl_password` opens the private key."""

    protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    mechanism: SaslMechanism | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    key_password: str | None = field(default=None, repr=False)

    def client_options(self) -> dict[str, Any]:
        """The options of a kafka-python client, those only that the protocol needs."""
        options: dict[str, Any] = {"security_protocol": self.protocol.value}
        if self.protocol.authenticated and self.mechanism is not None:
            options |= {
                "sasl_mechanism": self.mechanism.value,
                "sasl_plain_username": self.username,
                "sasl_plain_password": HiddenText(self.password or ""),
            }
        if self.protocol.encrypted:
            options["ssl_context"] = self.tls()
        return options

    def tls(self) -> ssl.SSLContext:
        """TLS 1.2 or later; the broker's certificate and name are checked. Raises `OSError` for a file that cannot be used."""
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate_file is not None:
            # Without a password OpenSSL would ask for one at the terminal, and wait.
            context.load_cert_chain(self.certificate_file, self.key_file, self.key_password or "")
        return context


@dataclass(frozen=True, slots=True)
class Brokers:
    """The brokers and the way in. `servers` are `host:port`, separated by commas."""

    servers: str
    security: Security = Security()

    def client_options(self) -> dict[str, Any]:
        """The options that every client is made with."""
        return {"bootstrap_servers": self.servers, **self.security.client_options()}


@dataclass(frozen=True, slots=True)
class TopicShape:
    """How topics are made that are missing. `None`: as the brokers are set.

    `min_insync_replicas` is how many copies of a message there must be before it is acknowledged; an existing topic that asks for fewer
    is mended, or not written to.
    """

    partitions: int = PARTITIONS
    replication: int = OF_THE_BROKERS
    min_insync_replicas: int | None = None
    retention_ms: int | None = None

    def configs(self) -> Mapping[str, str]:
        """The settings of a topic that are given."""
        settings = {"min.insync.replicas": self.min_insync_replicas, "retention.ms": self.retention_ms}
        return {name: str(value) for name, value in settings.items() if value is not None}
