"""Files and directories that only their owner may read: secrets, logs, and whatever may hold a personal value (rule 5.1)."""

import os
from pathlib import Path
from typing import IO, Final

OWNER_ONLY: Final = 0o600
_DIRECTORY: Final = 0o700
_DIRECTORY_OF_ROOT: Final = 0o711
"""PostgreSQL never runs as root: its user must get through to its own directory, but cannot list the directories above it."""


def make_directory(path: Path) -> None:
    """Makes a directory that others cannot look into; an existing one stays as it is."""
    path.mkdir(mode=_DIRECTORY if os.geteuid() else _DIRECTORY_OF_ROOT, parents=True, exist_ok=True)


def open_private(path: Path) -> IO[bytes]:
    """Opens a file for appending and makes it if it is missing. Whatever its mode was, only its owner may read it from now on."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
    os.fchmod(file, OWNER_ONLY)
    return os.fdopen(file, "ab")
