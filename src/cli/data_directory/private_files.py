"""Files and directories that only their owner may read: secrets, logs, and what may hold a personal value (rule 5.1)."""

import os
from pathlib import Path
from typing import IO, Final

OWNER_ONLY: Final = 0o600
_DIRECTORY: Final = 0o700
_DIRECTORY_OF_ROOT: Final = 0o711
"""PostgreSQL never runs as root: the user it runs as must get through to its own directory, but sees no names on the way."""


def make_directory(path: Path) -> None:
    """Makes a directory that others cannot look into; one that is there stays as it is."""
    path.mkdir(mode=_DIRECTORY if os.geteuid() else _DIRECTORY_OF_ROOT, parents=True, exist_ok=True)


def open_private(path: Path) -> IO[bytes]:
    """Opens a file for appending, made if missing; whatever its mode was, only its owner may read it from now on."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
    os.fchmod(file, OWNER_ONLY)
    return os.fdopen(file, "ab")
