"""The base of what the command line itself cannot do. `str(error)` is the text for the user."""


class CliError(Exception):
    """A command cannot do what it was asked, for a reason a user can understand and change."""


class SettingsError(CliError):
    """The environment does not say what a command needs, or says something that cannot be."""
