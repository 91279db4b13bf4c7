"""`dossier dead-letters`: what could not be delivered to Customer Engagement (rule 4.4)."""

from collections.abc import Iterator
from dataclasses import asdict
from getpass import getuser
from typing import Final
from uuid import UUID

from psycopg import Connection

from cli.errors import CliError
from cli.output import show
from cli.output.lines import say
from cli.settings import Settings
from cli.wiring import open_database
from store import deliveries
from store.database import Row
from store.deliveries import MOST_LETTERS, DeadLetter, DeadLetterNotFoundError, NotResendableError, SupersededError

_COLUMNS: Final = ("event", "customer", "attribute", "value", "state", "attempts", "died at", "reason")


class NotAllResentError(CliError):
    """Some dead letters cannot be sent again as they are."""


def list_letters(settings: Settings, *, resent_too: bool, as_json: bool) -> None:
    """Lists dead letters."""
    with open_database(settings) as database, database.connection() as connection:
        letters = [letter for letter in _all(connection) if resent_too or letter.state != "resent"]
    if as_json:
        show.document([_document(letter) for letter in letters])
    elif letters:
        show.table(_COLUMNS, [_row(letter) for letter in letters])
    else:
        say("No dead letters.")


def show_letter(settings: Settings, event_id: UUID, *, as_json: bool) -> None:
    """Shows a dead letter. Raises `DeadLetterNotFoundError`."""
    with open_database(settings) as database, database.connection() as connection:
        letter = deliveries.dead_letter(connection, event_id)
    if letter is None:
        raise DeadLetterNotFoundError(f"There is no dead letter for event {event_id}.")
    _print(letter, as_json=as_json)


def resend(
    settings: Settings, event_id: UUID, *, actor: str | None, value: str | None, force: bool, as_json: bool
) -> None:
    """Requests that a dead letter is sent again. Raises what `store.deliveries.request_resend` raises."""
    with open_database(settings) as database, database.connection() as connection:
        corrected = ... if value is None else value
        letter = deliveries.request_resend(connection, event_id, actor or getuser(), value=corrected, force=force)
    if as_json:
        _print(letter, as_json=True)
    else:
        say(f"Resend requested. To see its outcome: dossier dead-letters show {event_id}")


def resend_all(settings: Settings, *, actor: str | None, as_json: bool) -> None:
    """Requests that all dead letters are sent again. Raises `NotAllResentError` when some cannot be; the others are requested."""
    requested: list[UUID] = []
    reasons: dict[UUID, str] = {}
    with open_database(settings) as database, database.connection() as connection:
        for letter in [letter for letter in _all(connection) if letter.state == "dead"]:
            try:
                deliveries.request_resend(connection, letter.event_id, actor or getuser())
                requested.append(letter.event_id)
            except (NotResendableError, SupersededError) as error:
                reasons[letter.event_id] = str(error)
    if as_json:
        show.document({"asked": requested, "refused": {str(event_id): why for event_id, why in reasons.items()}})
    else:
        say(f"Requested {len(requested)}.")
    if reasons:
        lines = "\n".join(f"  {event_id}: {why}" for event_id, why in reasons.items())
        raise NotAllResentError(f"{len(reasons)} cannot be sent again as they are:\n{lines}")


def _all(connection: Connection[Row]) -> Iterator[DeadLetter]:
    after = 0
    while page := deliveries.dead_letters(connection, MOST_LETTERS, after):
        yield from page
        after = page[-1].letter


def _row(letter: DeadLetter) -> tuple[object, ...]:
    sending = letter.sending
    value = None if sending is None else sending.value
    place = letter.number or letter.source
    return (
        letter.event_id,
        place,
        letter.attribute,
        value,
        letter.state,
        letter.attempts,
        letter.died_at,
        letter.reason,
    )


def _print(letter: DeadLetter, *, as_json: bool) -> None:
    if as_json:
        show.document(_document(letter))
    else:
        show.table(("", ""), [(name.replace("_", " "), value) for name, value in _document(letter).items()])


def _document(letter: DeadLetter) -> dict[str, object]:
    return asdict(letter)
