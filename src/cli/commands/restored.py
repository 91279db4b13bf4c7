"""`dossier restored`: begins another log after a restore that lost events, so that subscribers notice (see `store.identity`)."""

from cli.errors import CliError
from cli.output import show
from cli.output.lines import say
from cli.settings import Settings
from cli.wiring import open_database
from store.heartbeats import tasks
from store.identity import begin_another


class ProcessesRunError(CliError):
    """Processes run that know the log by its former id."""


def command(settings: Settings, *, as_json: bool) -> None:
    """Gives the log another id and prints it. Raises `ProcessesRunError` while anything runs."""
    with open_database(settings) as database, database.connection() as connection:
        running = sorted({f"{task.process} ({task.host}, {task.pid})" for task in tasks(connection) if task.runs})
        if running:
            raise ProcessesRunError(f"Stop every process first. These run: {', '.join(running)}.")
        with connection.transaction():
            log_id = begin_another(connection)
    if as_json:
        show.document({"log": log_id})
    else:
        say(
            f"The log is now {log_id}. Subscribers are told to begin again, and the relay sends everything from the first event."
        )
