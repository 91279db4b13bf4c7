"""Secrets of an installation that was given none: made once, kept in `<data>/secrets.json`, readable by its owner only.

Used where no `DATABASE_URL` is set; `dossier up` and `dossier migrate` make them. Several processes may do so at once: the file
appears whole, and all of them get the same secrets. To recover, restore the file; a new master key cannot read what the old one wrapped.
"""

import os
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from typing import Final
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.data_directory.private_files import OWNER_ONLY, make_directory
from cli.errors import CliError, NoDataError

FILE: Final = "secrets.json"
_SECRET_BYTES: Final = 32


class SecretsFileError(CliError):
    """`secrets.json` exists and cannot be read."""


class Secrets(BaseModel):
    """The generated secrets. `master_key` is base64 of 32 bytes; the others are URL-safe texts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    master_key: str
    token_secret: str
    simulator_token: str


def make_secrets(directory: Path) -> None:
    """Makes the secrets of a data directory unless it has them."""
    if not (directory / FILE).exists():
        _make(directory / FILE)


def secrets_of(directory: Path) -> Secrets:
    """Returns the secrets of a data directory. Raises `NoDataError` where there are none, `SecretsFileError` if they cannot be read."""
    path = directory / FILE
    if not path.exists():
        raise NoDataError(directory)
    try:
        return Secrets.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise SecretsFileError(
            f"{path} cannot be read. Restore it from a backup: its master key cannot be replaced."
        ) from None


def _make(path: Path) -> None:
    """Writes a whole file beside `path`, then links it there unless another process was first."""
    secrets = Secrets(
        master_key=b64encode(token_bytes(_SECRET_BYTES)).decode(),
        token_secret=token_urlsafe(_SECRET_BYTES),
        simulator_token=token_urlsafe(_SECRET_BYTES),
    )
    make_directory(path.parent)
    draft = path.with_name(f"{FILE}.{uuid4().hex}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(file, "w") as writer:
        writer.write(secrets.model_dump_json(indent=2) + "\n")
        writer.flush()
        os.fsync(writer.fileno())
    try:
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
