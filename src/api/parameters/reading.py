"""What all reads of facts share: the two clocks (rule 0.3), the position to wait for, and how an answer is written.

Routes take `Reading`, open `read.view("drawer")`, call one query function and answer with `read.answer(model, view)`. Models are
serialised as they are: our own queries made them, so nothing is validated twice.
"""

from base64 import b64encode
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Header, Query
from pydantic import AfterValidator, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from aggregates.clocks import AsOf, Clocks
from aggregates.errors import InvalidError
from api.http import request_context
from api.http.etags import Tags, tag, tags
from api.parameters.shapes import Day, Instant, LogPosition
from api.parameters.spellings import Flag
from api.parameters.writing import JSON
from api.services import Services, services_of
from projections.answers.explanation import EXPLAINING
from projections.reading.log_view import view_of_log
from projections.reading.questions import Answered, Question, S
from projections.reading.read_models import as_known_at
from projections.reading.view import Seen, View
from store.application import Dossier
from store.proof import receipts
from store.proof.receipts import digest_of_answer
from store.public import instant

REVALIDATED: Final = "private, no-cache"
"""Cache-Control of setup, which holds no personal data: it may be kept, and revalidated with If-None-Match."""
RECEIPT: Final = "Dossier-Receipt"
Asker = tuple[str, str]
"""The request line of a question, and the role of the caller."""
READ_MODEL: Final = "read_model"
_ANY: Final[TypeAdapter[Any]] = TypeAdapter(Any)

ValidAt = Annotated[Day | None, Query(description="The business day; by default today.")]
KnownAt = Annotated[Instant | None, Query(description="The instant of knowledge; by default now.")]
AtLeast = Annotated[
    LogPosition | None,
    Header(alias="Dossier-Position", description="Wait, for at most 2 s, until this position can be read."),
]


def _tags(text: str) -> str:
    tags(text)
    return text


Unless = Annotated[
    str | None,
    AfterValidator(_tags),
    Header(
        alias="If-None-Match",
        description="Tags that the caller has. The answer is 304 if one of them is still current, whatever the two clocks are.",
    ),
]
WithReceipt = Annotated[
    Flag,
    Header(
        alias=RECEIPT,
        description="`true`: the answer has a receipt, in base64, in the header of the same name. It is a signed note with the request,"
        " both clocks, the SHA-256 digest of the answer before any compression, and a head of the log; `dossier verify` checks it."
        " A file of a history has none in a header.",
    ),
]
Explain = Annotated[
    Flag,
    Query(
        description="Also tell what made each value so: the event, who, when and why, and the row of a file, the call, the"
        " class or the merge that it came by."
    ),
]
AnswerSource = Annotated[
    Literal["read_model", "log"], Query(alias="source", description="`log`: by replaying the log.")
]


class UnknownPositionError(InvalidError):
    """The log has not reached this position, so no write can have answered with it."""


def _nothing(_: Dossier) -> Collection[UUID]:
    """A question about the set-up alone."""
    return ()


NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "What the caller has is still current."}}
"""The OpenAPI description of routes that answer 304 to If-None-Match."""


@dataclass(frozen=True, slots=True)
class Read:
    """One read request."""

    services: Services
    as_of: AsOf
    position: int | None
    unless: Tags | None
    receipt_for: Asker | None = None
    """The request line and the role of the caller, where a receipt is wanted."""

    def at(self, as_of: AsOf) -> "Read":
        """Returns the same request with these clocks."""
        return replace(self, as_of=as_of)

    @contextmanager
    def view(self, *names: str) -> Iterator[View]:
        """Opens read models as of the clocks of this request."""
        self._check_position()
        with self.services.reads.view(
            *names,
            valid_at=self.as_of.valid_at or self.services.day.today(),
            known_at=self.as_of.known_at,
            position=self.position,
        ) as view:
            yield view

    async def ask(self, question: Question[S], **values: Any) -> Answered[S]:
        """Returns what read models answer about one thing, as of the clocks of this request and without a thread."""
        services = self.services
        if self.position is not None and not services.log_end.has_passed(self.position):
            await services.queries.run(self._check_position)
        day = self.as_of.valid_at
        if day is None:
            await services.day.renew()
            day = services.day.today()
        known_at, position = self.as_of.known_at, self.position
        return await services.waiting.until_caught_up(
            lambda: services.asking.ask(question, values, day, known_at, position)
        )

    async def in_thread(self, query: Callable[..., Response], *arguments: Any) -> Response:
        """Returns the answer of a query that runs in a thread, again until its read models have caught up."""
        return await self.services.waiting.until_caught_up(lambda: self.services.queries.run(lambda: query(*arguments)))

    @contextmanager
    def asked(
        self,
        *names: str,
        explain: bool,
        source: str = READ_MODEL,
        things: Callable[[Dossier], Collection[UUID]] = _nothing,
    ) -> Iterator[View]:
        """Opens read models, and what explains their answers where that is asked for.

        From the log they are folded for this request alone: from the facts of the set-up and of these things.
        """
        names = (*names, EXPLAINING) if explain else names
        if source == READ_MODEL:
            with self.view(*names) as view:
                yield view
            return
        dossier, clocks = self.services.dossier, self.from_log()
        projections = [projection for projection in self.services.reads.projections if projection.name in names]
        with view_of_log(dossier, projections, clocks, things(dossier)) as view:
            yield view

    def _check_position(self) -> None:
        """Refuses a position that the log has not reached: no write answered with it, so waiting for it is in vain."""
        if self.position is not None and not self.services.log_end.reached(self.position):
            raise UnknownPositionError("The log has not reached this position.", field="Dossier-Position")

    def answer(self, body: Any, view: Seen, *, version: int | None = None, dated: bool = True) -> Response:
        """Returns `body` as JSON, which bytes are already, with its instant of knowledge, and with an ETag where it has a version.

        `dated=False` means that the body depends on the version alone, so that If-None-Match may be answered with 304.
        """
        return self.answer_known(body, view.known_at, version=version, dated=dated, valid_at=view.valid_at)

    def from_log(self) -> Clocks:
        """Returns the clocks of an answer folded from the log: the business day and the instant of knowledge (see `as_known_at`)."""
        self._check_position()
        known_at = as_known_at(self.services.dossier.database, self.as_of.known_at)
        return Clocks(self.as_of.valid_at or self.services.day.today(), known_at)

    def answer_known(
        self,
        body: Any,
        known_at: datetime,
        *,
        version: int | None = None,
        dated: bool = True,
        valid_at: date | None = None,
    ) -> Response:
        """Returns the same as `answer`, for a body that was made without a view."""
        headers = {"Dossier-Known-At": instant(known_at)}
        if version is not None:
            headers["ETag"] = tag(version)
            if not dated:
                headers["Cache-Control"] = REVALIDATED
                if self.unless is not None and self.unless.match_weakly(headers["ETag"]):
                    return Response(status_code=304, headers=headers)
        answer = body if isinstance(body, bytes) else _ANY.dump_json(body)
        if self.receipt_for is not None:
            day = valid_at or self.as_of.valid_at or self.services.day.today()
            question = receipts.Question(*self.receipt_for, day, known_at)
            note = self.services.dossier.notary.receipt(question, digest_of_answer(answer))
            headers[RECEIPT] = b64encode(note.encode()).decode()
        return Response(answer, 200, headers, JSON)


async def _read(  # noqa: PLR0917  (query parameters and headers)
    request: Request,
    valid_at: ValidAt = None,
    known_at: KnownAt = None,
    position: AtLeast = None,
    unless: Unless = None,
    receipt: WithReceipt = False,
) -> Read:
    conditions = None if unless is None else tags(unless)
    read = Read(services_of(request), AsOf(valid_at, known_at), position, conditions)
    return replace(read, receipt_for=asked_by(request)) if receipt else read


def asked_by(request: Request) -> Asker:
    """Returns what a receipt says of a request: its method with path and query as they came, and the role of the caller."""
    path = quote(request.scope["path"])
    query = request.scope["query_string"].decode("latin-1")
    role = request_context.of(request.scope).role
    return f"GET {path}?{query}" if query else f"GET {path}", "" if role is None else role.value


Reading = Annotated[Read, Depends(_read)]


def as_json(body: Any) -> bytes:
    """Returns the JSON of models, data classes and what they are made of."""
    return _ANY.dump_json(body)


def answer_at(body: Any, position: int | None) -> Response:
    """Returns a job as JSON. `position` is that of its last event, for reads to wait for; `None` while the job is not over."""
    headers = {} if position is None else {"Dossier-Position": str(position)}
    return Response(as_json(body), 200, headers, JSON)
