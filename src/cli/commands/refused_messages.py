"""`dossier refused-messages`: what Kafka refused for good, and whose later messages wait for it (rule 4.3)."""
# ruff: noqa: PLC0415  (see `main`)

from getpass import getuser
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.app import KEEP, AsJson, application, id_of
from cli.output.lines import say
from cli.settings import load

if TYPE_CHECKING:
    from store.refusals import Refusal, Wish

_COLUMNS = ("event", "type", "key", "bytes", "state", "waiting", "refused at", "reason")

EventId = Annotated[
    UUID, typer.Argument(parser=id_of, metavar="EVENT_ID", help="Id of the event whose message was refused.")
]
Actor = Annotated[str | None, typer.Option(help="Who asks for it. Default: the user of this machine.")]

refused_messages = application(
    name="refused-messages", help="What Kafka refused: look at it, send it again, or skip it. Its key waits until then."
)


def add_to(app: typer.Typer) -> None:
    """Declares the commands."""
    app.add_typer(refused_messages, rich_help_panel=KEEP)


@refused_messages.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were sent or skipped.")] = False,
    as_json: AsJson = False,
) -> None:
    """List refused messages, in the order of the log, with how many later ones of the same key wait."""
    from cli.output import show
    from cli.wiring import open_database
    from store import refusals

    found: list[Refusal] = []
    with open_database(load()) as database, database.connection() as connection:
        while page := refusals.refusals(connection, found[-1].position if found else 0, settled=everything):
            found += page
    if as_json:
        show.document(found)
    elif found:
        show.table(_COLUMNS, [_row(one) for one in found])
    else:
        say("No refused messages.")


@refused_messages.command("show")
def show_(event_id: EventId, as_json: AsJson = False) -> None:
    """Show one with all that is known of it. The event itself is in `GET /v1/events` at its position."""
    from dataclasses import asdict

    from cli.output import show
    from cli.wiring import open_database
    from store import refusals

    with open_database(load()) as database, database.connection() as connection:
        found = asdict(refusals.refusal(connection, event_id))
    if as_json:
        show.document(found)
    else:
        show.table(("", ""), [(name.replace("_", " "), value) for name, value in found.items()])


@refused_messages.command()
def resend(event_id: EventId, actor: Actor = None) -> None:
    """Ask the relay to send one again, and then what waits for it. Raise the topic's limit first."""
    _ask(event_id, actor, "sending")


@refused_messages.command()
def skip(event_id: EventId, actor: Actor = None) -> None:
    """Ask the relay to leave one out and to send what waits for it. Subscribers find the event in `GET /v1/events`."""
    _ask(event_id, actor, "skipping")


def _ask(event_id: UUID, actor: str | None, wish: "Wish") -> None:
    from cli.wiring import open_database
    from store import refusals

    with open_database(load()) as database, database.connection() as connection:
        refusals.ask(connection, event_id, actor or getuser(), wish)
    say(f"Asked for. See what becomes of it: dossier refused-messages show {event_id}")


def _row(one: "Refusal") -> tuple[object, ...]:
    return (one.event_id, one.type, one.key, one.bytes, one.state, one.waiting, one.refused_at, one.reason)
