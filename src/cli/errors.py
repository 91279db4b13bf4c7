"""The base of what the command line itself cannot do. `str(error)` is the text for the user."""

from pathlib import Path


class CliError(Exception):
    """A command cannot do what it was asked, for a reason a user can understand and change."""


class NoDataError(CliError):
    """Nothing was ever set up in the data directory, and the command is not one that sets it up."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"There is no data in {data_dir}. Run `dossier up` (or `dossier migrate`) first, or say where the data is:"
            " with DATABASE_URL, or with DOSSIER_DATA_DIR."
        )


class SettingsError(CliError):
    """The environment does not say what a command needs, or says something that cannot be."""
