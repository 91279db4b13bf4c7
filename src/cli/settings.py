"""The environment of a process: one `Settings` per process, read once and handed on by `wiring`.

No other module reads settings from environment variables. Without `DATABASE_URL` everything lives in one data directory, secrets
included, so that `dossier up` needs no setup; with it, secrets must be given, so that every process of an installation has the same.
If `secrets.json` is lost, do what the runbook says: the master key cannot be replaced.
"""

import re
from base64 import b64decode
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from cli.data_directory.secrets_file import Secrets, secrets_of
from cli.errors import SettingsError
from cli.kafka_settings import KafkaSettings
from cli.variable_files import VariableFiles

LONGEST_COMPANY: Final = 30
"""Characters: schema, NOTIFY channels and the tables of a rebuild are named after the company, and names may have 63 bytes."""
SHORTEST_TOKEN_SECRET: Final = 32
"""Characters: the key of HMAC-SHA-256 must not be shorter than its digest."""
KEY_BYTES: Final = 32
"""As in `store.keys`; importing that here would load the database client into every command."""
_ORIGIN: Final = re.compile(r"https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?")
_COMPANY: Final = re.compile(r"[a-z][a-z0-9_]*")


class LogLevel(StrEnum):
    """How much the processes log."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(KafkaSettings):
    """The environment of one process. Names of variables are the aliases; an empty variable counts as unset."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True)

    database_url: Annotated[str | None, Field(alias="DATABASE_URL", repr=False)] = None
    data_dir: Annotated[Path, Field(alias="DOSSIER_DATA_DIR")] = Path(".dossier")
    company: Annotated[str, Field(alias="DOSSIER_COMPANY")] = "demo"
    master_key_given: Annotated[SecretStr | None, Field(alias="DOSSIER_MASTER_KEY")] = None
    signing_key_given: Annotated[SecretStr | None, Field(alias="DOSSIER_SIGNING_KEY")] = None
    token_secret_given: Annotated[SecretStr | None, Field(alias="DOSSIER_TOKEN_SECRET")] = None
    customer_engagement_url: Annotated[str | None, Field(alias="CUSTOMER_ENGAGEMENT_URL")] = None
    customer_engagement_token: Annotated[SecretStr | None, Field(alias="CUSTOMER_ENGAGEMENT_TOKEN")] = None
    host: Annotated[str, Field(alias="DOSSIER_HOST")] = "127.0.0.1"
    port: Annotated[int, Field(alias="DOSSIER_PORT", ge=0, le=65_535)] = 8000
    workers: Annotated[int, Field(alias="DOSSIER_WORKERS", ge=1, le=64)] = 1
    pool_size: Annotated[int, Field(alias="DOSSIER_POOL_SIZE", ge=4, le=1_000)] = 12
    threads: Annotated[int, Field(alias="DOSSIER_THREADS", ge=4, le=1_000)] = 40
    most_upload_bytes: Annotated[int, Field(alias="DOSSIER_MOST_UPLOAD_BYTES", ge=1)] = 2 * 1024**3
    embed_origins: Annotated[tuple[str, ...], NoDecode, Field(alias="DOSSIER_EMBED_ORIGINS")] = ()
    keep_keys_days: Annotated[int, Field(alias="DOSSIER_KEEP_KEYS_DAYS", ge=1, le=3_650)] = 30
    log_level: Annotated[LogLevel, Field(alias="DOSSIER_LOG_LEVEL")] = LogLevel.INFO

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Returns the environment, and the files that it names."""
        return init_settings, env_settings, VariableFiles(settings_cls)

    @field_validator("company")
    @classmethod
    def _named_like_a_schema(cls, value: str) -> str:
        if len(value) > LONGEST_COMPANY or not _COMPANY.fullmatch(value):
            raise ValueError(
                f"must have 1 to {LONGEST_COMPANY} small letters, digits or underscores, and start with a letter"
            )
        return value

    @field_validator("embed_origins", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        origins = tuple(value.split()) if isinstance(value, str) else value
        if isinstance(origins, tuple) and not all(_ORIGIN.fullmatch(origin) for origin in origins):
            raise ValueError("must be origins such as https://desk.example:8443, separated by spaces")
        return origins

    @field_validator("customer_engagement_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is not None and not _is_http_address(value):
            raise ValueError(
                "must be an address such as https://engagement.example.com/api: http or https, a host, perhaps a port and a path,"
                " and nothing else"
            )
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @property
    def schema_name(self) -> str:
        """The company's PostgreSQL schema."""
        return f"dossier_{self.company}"

    @property
    def master_key(self) -> str:
        """Base64 of the key that wraps the customers' keys. Raises `SettingsError` where it must be given and is not."""
        return _checked_key(
            "DOSSIER_MASTER_KEY", self._secret("DOSSIER_MASTER_KEY", self.master_key_given, "master_key")
        )

    @property
    def signing_key(self) -> str:
        """Base64 of the seed that heads of the log are signed with; empty where it is derived from the master key."""
        if self.signing_key_given is None:
            return ""
        return _checked_key("DOSSIER_SIGNING_KEY", self.signing_key_given.get_secret_value())

    @property
    def token_secret(self) -> str:
        """The secret that signs tokens. Raises `SettingsError` where it must be given and is not."""
        secret = self._secret("DOSSIER_TOKEN_SECRET", self.token_secret_given, "token_secret")
        if len(secret) < SHORTEST_TOKEN_SECRET:
            raise SettingsError(
                f"DOSSIER_TOKEN_SECRET must have at least {SHORTEST_TOKEN_SECRET} characters; make one with: {_NEW_KEY}"
            )
        return secret

    @property
    def engagement_token(self) -> str:
        """The bearer token for Customer Engagement; empty when none is given."""
        return self.customer_engagement_token.get_secret_value() if self.customer_engagement_token else ""

    @property
    def secrets(self) -> Secrets:
        """The generated secrets of the data directory. Raises `NoDataError` where there are none."""
        return secrets_of(self.data_dir)

    def _secret(self, variable: str, value: SecretStr | None, name: str) -> str:
        if value is not None:
            return value.get_secret_value()
        if self.database_url is not None:
            raise SettingsError(f"{variable} must be set when DATABASE_URL is set; make one with: {_NEW_KEY}")
        return str(getattr(self.secrets, name))


_NEW_KEY: Final = "openssl rand -base64 32"


def _checked_key(variable: str, key: str) -> str:
    """Returns the key. Raises `SettingsError` where it is not base64 of `KEY_BYTES` bytes."""
    try:
        length = len(b64decode(key, validate=True))
    except ValueError:
        length = 0
    if length != KEY_BYTES:
        raise SettingsError(f"{variable} must be base64 of {KEY_BYTES} bytes; make one with: {_NEW_KEY}")
    return key


def load() -> Settings:
    """Returns the settings of this process. Raises `SettingsError` naming every wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(
            " ".join(f"{_variable(fault['loc'])}{_fault_text(fault['msg'])}." for fault in error.errors())
        ) from None


def _is_http_address(text: str) -> bool:
    """Returns whether all of a text is used when requests are sent to it: a user, a query and a fragment would not be."""
    try:
        address = urlsplit(text)
        port = address.port
    except ValueError:  # an open bracket, or a port that is none
        return False
    printable = text.isascii() and text.isprintable() and not set(text) & set(" ?#")
    return (
        printable and address.scheme in {"http", "https"} and bool(address.hostname) and "@" not in text and port != 0
    )


def _variable(location: tuple[int | str, ...]) -> str:
    """Returns the variable and a colon; nothing for a fault of several variables, which names them itself."""
    return f"{'.'.join(str(part) for part in location)}: " if location else ""


def _fault_text(message: str) -> str:
    return message.removeprefix("Value error, ").removesuffix(".")
