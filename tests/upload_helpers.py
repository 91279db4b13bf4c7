"""Helpers for tests of contact uploads: a company with fields, and files that are received and processed to the end."""

import threading
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Origin, Role, Source
from aggregates.field.commands import define_field, define_standard_field
from aggregates.field.standard import STANDARD
from aggregates.use_case import Request
from conftest import TODAY
from jobs.upload import progress, staging
from jobs.upload.progress import UploadRead, WrongValue
from jobs.upload.receive import Reading, Receiving, check
from jobs.upload.run import UploadRun
from store.application import Dossier
from store.stopping import Stop

COLUMNS: Final = {
    "id": "customer_number",
    "alt": "alternate_number",
    "first": "first_name",
    "town": "city",
    "due": "due_date",
}
HEADER: Final = "id,alt,first,town,due\n"


class StopAfter(threading.Event):
    """Is set when it has been looked at so often."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def is_set(self) -> bool:
        self._looks -= 1
        return self._looks < 0


def request(actor: str = "ann", role: Role = Role.ADMINISTRATOR, reason: str | None = None) -> Request:
    """A request of the day of the tests."""
    cause = uuid4()
    origin = Origin(actor=actor, role=role, source=Source.API, reason=reason, correlation_id=cause, causation_id=cause)
    return Request(origin, TODAY)


def fields(dossier: Dossier, **changed: Mapping[str, Any]) -> None:
    """The standard fields, and those given."""
    for one in STANDARD:
        given = {name: value for name, value in one.items() if name != "key"}
        define_standard_field(dossier, request(), key=one["key"], members=given)
    for key, given in changed.items():
        define_field(dossier, request(), key=key, members=given)


def receive(
    dossier: Dossier,
    content: str | bytes | Iterable[bytes],
    columns: Mapping[str, str] | None = None,
    *,
    by: Request | None = None,
    **more: Any,
) -> UUID:
    """Takes a file in, and leaves it there."""
    asked = by or request("ann", reason="Campaign")
    reading = Reading(more.pop("file", "contacts.csv"), columns=columns or COLUMNS, **more)
    check(dossier, asked, reading)
    incoming = Receiving(dossier, reading)
    pieces = (
        [content.encode() if isinstance(content, str) else content] if isinstance(content, str | bytes) else content
    )
    for piece in pieces:
        incoming.write(piece)
    return incoming.receive(asked)[0]


def run(dossier: Dossier, upload: UUID, stop: Stop | None = None) -> UploadRead:
    """Reads an upload to its end."""
    with staging.holding(dossier.database, upload) as leader:
        assert leader is not None
        UploadRun(dossier, leader, upload).run(stop or Stop())
    return progress.upload(dossier, upload)


def uploaded(
    dossier: Dossier, content: str | bytes, columns: Mapping[str, str] | None = None, **more: Any
) -> UploadRead:
    """Takes a file in and reads it to its end."""
    return run(dossier, receive(dossier, content, columns, **more))


def counts(read: UploadRead) -> tuple[int, int, int, int]:
    """New, changed, unchanged and failed rows."""
    return (read.new, read.changed, read.unchanged, read.failed)


def wrong(dossier: Dossier, read: UploadRead) -> list[WrongValue]:
    """All that is wrong with its rows."""
    return list(progress.all_wrong_values(dossier, read.upload))


def customer(dossier: Dossier, number: str) -> CustomerProfile:
    """A customer, from the log."""
    found = dossier.load(CustomerProfile, number)
    assert found is not None
    return found


def values(dossier: Dossier, number: str, day: date = TODAY) -> dict[str, str]:
    """A customer's values on a day."""
    held = customer(dossier, number).fields.in_force
    return {key: found.value for key, line in held.items() if (found := line.at(day)) is not None}


def end(dossier: Dossier) -> int:
    """The log's end."""
    return dossier.log_of_facts.max_notification_id() or 0


def facts_of(dossier: Dossier, *topics: str) -> list[Any]:
    """Every fact of these topics, in order."""
    events = dossier.log_of_facts.select_notifications(1, 1_000_000, topics=topics)
    return [dossier.fact_mapper.to_domain_event(event) for event in events]
