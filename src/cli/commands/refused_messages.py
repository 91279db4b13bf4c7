"""`dossier refused-messages`: messages that Kafka refused for good; later messages of their keys wait for them (rule 4.3)."""
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
Actor = Annotated[str | None, typer.Option(help="Who requests it. Default: the user of this machine.")]

refused_messages = application(
    name="refused-messages",
    help="Messages that Kafka refused: look at them, send them again, or skip them. Their keys wait until then.",
)


def add_to(app: typer.Typer) -> None:
    """Declares the commands."""
    app.add_typer(refused_messages, rich_help_panel=KEEP)


@refused_messages.command("list")
def list_(
    settled_too: Annotated[bool, typer.Option("--all", help="Also those that were sent or skipped.")] = False,
    as_json: AsJson = False,
) -> None:
    """List refused messages, in the order of the log, with how many later ones of the same key wait."""
    from cli.output import show
    from cli.wiring import open_database
    from store import refusals

    listed: list[Refusal] = []
    with open_database(load()) as database, database.connection() as connection:
        while page := refusals.refusals(connection, listed[-1].position if listed else 0, settled=settled_too):
            listed += page
    if as_json:
        show.document(listed)
    elif listed:
        show.table(_COLUMNS, [_row(refusal) for refusal in listed])
    else:
        say("No refused messages.")


@refused_messages.command("show")
def show_(event_id: EventId, as_json: AsJson = False) -> None:
    """Show one in full. The event itself is in `GET /v1/events` at its position."""
    from dataclasses import asdict

    from cli.output import show
    from cli.wiring import open_database
    from store import refusals

    with open_database(load()) as database, database.connection() as connection:
        refusal = asdict(refusals.refusal(connection, event_id))
    if as_json:
        show.document(refusal)
    else:
        show.table(("", ""), [(name.replace("_", " "), value) for name, value in refusal.items()])


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
    say(f"Requested. To see the outcome: dossier refused-messages show {event_id}")


def _row(item: "Refusal") -> tuple[object, ...]:
    return (item.event_id, item.type, item.key, item.bytes, item.state, item.waiting, item.refused_at, item.reason)
