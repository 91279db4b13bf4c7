"""What the stream of events takes: from where on, and which events.

A position is one of a log (see `store.identity`). The id of a server-sent message names both, so that a client that connects again is told
when the log is not the one that it knows. `after` is a bare number, for which `log` says the same.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from pydantic import AfterValidator, Field, WithJsonSchema

from aggregates.catalogue import FACTS, KEY_FIELDS, aggregate_id
from aggregates.errors import InvalidError
from api.background.event_batches import Wanted
from api.http.problems import OtherLogError
from api.parameters.reading import UnknownPositionError
from api.parameters.shapes import LAST_POSITION, LogPosition
from api.parameters.spellings import Id
from api.services import Services, services_of

LONGEST_TYPES: Final = 2_000
LONGEST_SUBJECT: Final = 500
LONGEST_COMPANY: Final = 30
NO_TOPIC: Final = ""
"""Stands among topics that may otherwise be none, which would be all."""
_ID: Final = re.compile("(?:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/)?(0|[1-9][0-9]{0,18})", re.ASCII)


def _place(text: str) -> tuple[UUID | None, int]:
    """Returns the log, where it is named, and the position that the id of a message names. Raises `ValueError`."""
    match = _ID.fullmatch(text)
    if match is None or int(match[2]) > LAST_POSITION:
        raise ValueError("The id of a message is that of a log, a slash and a position, or a position.")
    return None if match[1] is None else UUID(match[1]), int(match[2])


def _last_event_id(text: str) -> str:
    _place(text)
    return text


def _types(text: str) -> str:
    for name in text.split(","):
        if name not in FACTS and name not in KEY_FIELDS:
            raise ValueError(f"There is no kind of event, and no kind of thing, of the name {name[:100]}.")
    return text


def _subject(text: str) -> str:
    if text.partition(":")[0] not in KEY_FIELDS or not text.partition(":")[2]:
        raise ValueError("A subject is a kind of thing, a colon and its key, such as customer:1001.")
    return text


After = Annotated[LogPosition, Query(description="Position of the last event that the client has.")]
OfLog = Annotated[
    Id | None,
    Query(description="The log that `after` is a position of, from the header `Dossier-Log` of an earlier answer."),
]
LastEventId = Annotated[
    Annotated[str, AfterValidator(_last_event_id), WithJsonSchema({"type": "string", "pattern": f"^{_ID.pattern}$"})]
    | None,
    Header(
        alias="Last-Event-ID",
        description="The id of the last message that the client has, as browsers send it. It prevails over `after` and `log`.",
    ),
]
OfTypes = Annotated[
    Annotated[str, AfterValidator(_types), Field(min_length=1, max_length=LONGEST_TYPES)] | None,
    Query(
        alias="type",
        description="Only these events: kinds of event such as `customer.renamed`, or of thing such as `customer`, separated by commas.",
    ),
]
OfSubject = Annotated[
    Annotated[str, AfterValidator(_subject), Field(min_length=1, max_length=LONGEST_SUBJECT)] | None,
    Query(
        alias="subject", description="Only events of this profile or thing, such as `customer:1001` or `site:A-7/S-1`."
    ),
]
OfCompany = Annotated[
    Annotated[str, Field(min_length=1, max_length=LONGEST_COMPANY)] | None,
    Query(
        alias="company",
        description="The company whose events are wanted; another one than that of this log is refused.",
    ),
]


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a client wants of the log: the events after a position, all or some."""

    after: int
    log: UUID | None
    wanted: Wanted
    parameter: str
    """The parameter that names the position."""

    def check(self, services: Services) -> int:
        """Returns the position of the end of the log.

        Raises:
            OtherLogError: the position is one of another log.
            UnknownPositionError: the log has not reached the position.
        """
        log_id = services.dossier.log_id
        if self.log is not None and self.log != log_id:
            raise OtherLogError(
                f"This is a position of the log {self.log}, and the log here is {log_id}: a backup was restored, and positions were"
                " given again. Discard what was taken from the other log, and begin at the first event.",
                field=self.parameter,
            )
        end = services.log_end.look()
        if self.after > end:
            raise UnknownPositionError("The log has not reached this position.", field=self.parameter)
        return end


async def _subscription(
    request: Request,
    *,
    after: After = 0,
    log: OfLog = None,
    last_event_id: LastEventId = None,
    types: OfTypes = None,
    subject: OfSubject = None,
    company: OfCompany = None,
) -> Subscription:
    """Returns what a request asks of the log. Raises `InvalidError` for the log of another company.

    `Last-Event-ID` prevails: who connects again by itself sends it along with the query that it began with.
    """
    own = services_of(request).dossier.company
    if company not in (None, own):
        raise InvalidError(f"This is the log of {own}.", field="company")
    wanted = _wanted(own, None if types is None else {*types.split(",")}, subject)
    if last_event_id is None:
        return Subscription(after, log, wanted, "after")
    named, after = _place(last_event_id)
    return Subscription(after, named or log, wanted, "Last-Event-ID")


def _wanted(company: str, types: Set[str] | None, subject: str | None) -> Wanted:
    originator = None if subject is None else aggregate_id(company, subject)
    if types is None and (subject is None or originator is not None):
        return Wanted((), originator)
    topics = [topic for topic in FACTS if types is None or {topic, _family(topic)} & types]
    if subject is not None and originator is None:
        topics = [topic for topic in topics if _family(topic) == subject.partition(":")[0]]
    return Wanted((*topics, NO_TOPIC), originator, None if originator else subject)


def _family(topic: str) -> str:
    return topic.partition(".")[0]


Subscribed = Annotated[Subscription, Depends(_subscription)]
