"""Errors of the command line itself. `str(error)` is the text for the user."""

from pathlib import Path


class CliError(Exception):
    """A command cannot do what it was asked to, for a reason that the user can understand and change."""


class NoDataError(CliError):
    """The data directory has no data, and the command is not one that sets it up."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"There is no data in {data_dir}. Run `dossier up` (or `dossier migrate`) first, or say where the data is:"
            " with DATABASE_URL, or with DOSSIER_DATA_DIR."
        )


class SettingsError(CliError):
    """A setting that a command needs is missing or invalid."""
