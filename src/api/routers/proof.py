"""`/v1/proof`: signed heads of the log, and proofs that an event is under a head, and that one head continues another.

Everything here can be checked without this API: with the public keys, SHA-256, and RFC 6962 (see `store.proof`). A head is signed on
demand where the newest does not cover everything that is recorded.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from aggregates.errors import InvalidError, NotFoundError
from api.http.problems import FollowersError
from api.http.streaming import Stream
from api.parameters.pages import Paged
from api.parameters.reading import as_json
from api.parameters.shapes import LAST_POSITION
from api.parameters.spellings import WHOLE
from api.parameters.writing import JSON
from api.routing.auth import FACT_READERS, PROFILE_READERS, GuardedRoute, allow
from api.services import Services, services_of
from projections.reading.paging import Page, bounded, cursor_of, keys_of
from store.log import read
from store.proof import notary
from store.proof.check import Checked, checked_tree
from store.proof.heads import Head, as_text
from store.proof.merkle import consistency_path, inclusion_path
from store.proof.stored import StoredEvent, stored_event
from store.proof.tree import size_of, stored_node

router: Final = APIRouter(prefix="/v1/proof", tags=["proof"], route_class=GuardedRoute)
NDJSON: Final = "application/x-ndjson"
_FIRST: Final = (0, "")
_VERIFIED: Final = (
    '{"events":4712,"last_position":4712,"finished":true,"signed_position":4712,"broken_position":null,"fault":null}\n'
)

Events = Annotated[int, Field(ge=1, le=LAST_POSITION), WHOLE]


class EventNotRecordedError(NotFoundError):
    """The log has no event at this position."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class PublicKeyRead(_Model):
    """A key that checks heads and receipts."""

    key_id: str = Field(description="The first four bytes of the hash of the key and its name, in hexadecimal.")
    public_key: str = Field(description="The key in one line: name, id, and in base64 the byte 1 and the Ed25519 key.")
    signs: bool = Field(description="Whether it is the present key; others have signed before.")


class HeadRead(_Model):
    """A signed head of the log: the root of the Merkle tree over its first `size` events."""

    size: int = Field(description="How many events are under it: those at the positions from 1 to this one.")
    root: str = Field(description="The root hash, in base64.")
    signed_at: datetime = Field(description="When it was signed.")
    key_id: str = Field(description="The key that signed it.")
    note: str = Field(
        description="What was signed and its signature: a checkpoint in the format of C2SP. Keep this text elsewhere."
    )


class InclusionProof(_Model):
    """An event as it is stored, and the proof that it is under a head (RFC 6962, section 2.1.1)."""

    event: StoredEvent = Field(description="The event as it is stored.")
    leaf: str = Field(description="The leaf hash of the event, in base64.")
    size: int = Field(description="How many events are in the tree that the path leads to the root of.")
    path: list[str] = Field(description="The audit path in base64, the sibling of the leaf first.")
    head: HeadRead | None = Field(description="A signed head over as many events; `null` where none was signed.")


class ConsistencyProof(_Model):
    """The proof that the log of one head is the beginning of the log of another (RFC 6962, section 2.1.2)."""

    from_size: int = Field(description="How many events are under the earlier head.")
    to_size: int = Field(description="How many events are under the later head.")
    path: list[str] = Field(description="The consistency proof in base64.")
    head: HeadRead | None = Field(description="A signed head over the later events; `null` where none was signed.")


class VerificationRead(_Model):
    """How far the log was compared with its tree and with the heads of the present key, and what was found."""

    events: int = Field(description="How many events were compared.")
    last_position: int = Field(description="The position of the last event.")
    finished: bool = Field(description="Whether this is the result.")
    signed_position: int = Field(
        description="The position of the last event under a head that is right; 0 where there is none."
    )
    broken_position: int | None = Field(description="The first position at fault; `null` where there is none.")
    fault: str | None = Field(description="What is wrong there; `null` where nothing is.")


@router.get("/keys", response_model=Page[PublicKeyRead], dependencies=[allow(PROFILE_READERS)])
def list_public_keys(request: Request) -> Response:
    """The public keys that check heads and receipts, the present one first."""
    present, *former = services_of(request).dossier.notary.public_keys()
    items = [PublicKeyRead(key_id=key.id, public_key=str(key), signs=key is present) for key in (present, *former)]
    return _answer(Page(items=items))


@router.get("/head", response_model=HeadRead, dependencies=[allow(PROFILE_READERS)])
def read_head(request: Request) -> Response:
    """A head over everything that is recorded, signed now unless there is one."""
    return _answer(head_read(services_of(request).dossier.notary.head()))


@router.get("/heads", response_model=Page[HeadRead], dependencies=[allow(PROFILE_READERS)])
def list_heads(request: Request, page: Paged) -> Response:
    """The heads that were signed, the one over the fewest events first."""
    limit = bounded(page.limit)
    size, key_id = keys_of(page.cursor, int, str) or _FIRST
    with services_of(request).dossier.database.connection() as connection:
        heads = notary.heads(connection, (size, key_id), limit + 1)
    cursor = cursor_of(heads[limit - 1].size, heads[limit - 1].key_id) if len(heads) > limit else None
    return _answer(Page(items=[head_read(head) for head in heads[:limit]], next_cursor=cursor))


@router.get("/inclusion", response_model=InclusionProof, dependencies=[allow(FACT_READERS)])
def prove_inclusion(
    request: Request,
    position: Annotated[Events, Query(description="Position of the event.")],
    size: Annotated[
        Events | None,
        Query(description="Prove it for the head over as many events; by default for one over everything."),
    ] = None,
) -> Response:
    """One event as it is stored, and the proof that it is in the log of a head."""
    dossier = services_of(request).dossier
    head = dossier.notary.head() if size is None else None
    with dossier.database.connection() as connection:
        if head is None:
            head = notary.head_over(connection, size or 0)
        size = size or (head.size if head else 0)
        _check_size(size, size_of(connection), "size")
        events = read(connection, position - 1, 1, until=position)
        if not events:
            raise EventNotRecordedError(f"The log has no event at position {position}.")
        if position > size:
            raise InvalidError("A head over so many events does not have this position.", field="size")
        path = inclusion_path(stored_node(connection), position - 1, size)
    event = stored_event(events[0])
    proof = InclusionProof(
        event=event,
        leaf=as_text(event.leaf()),
        size=size,
        path=list(map(as_text, path)),
        head=head_read(head) if head else None,
    )
    return _answer(proof)


@router.get("/consistency", response_model=ConsistencyProof, dependencies=[allow(PROFILE_READERS)])
def prove_consistency(
    request: Request,
    from_size: Annotated[Events, Query(alias="from", description="How many events are under the earlier head.")],
    to_size: Annotated[
        Events | None,
        Query(alias="to", description="How many are under the later one; by default all that are recorded."),
    ] = None,
) -> Response:
    """The proof that the log of one head continues that of an earlier one: nothing of it was altered, removed or inserted."""
    dossier = services_of(request).dossier
    head = dossier.notary.head() if to_size is None else None
    with dossier.database.connection() as connection:
        if head is None:
            head = notary.head_over(connection, to_size or 0)
        to_size = to_size or (head.size if head else 0)
        _check_size(to_size, size_of(connection), "to")
        if from_size > to_size:
            raise InvalidError("The earlier head must not be over more events than the later one.", field="from")
        path = consistency_path(stored_node(connection), from_size, to_size)
    proof = ConsistencyProof(
        from_size=from_size, to_size=to_size, path=list(map(as_text, path)), head=head_read(head) if head else None
    )
    return _answer(proof)


@router.get(
    "/verification",
    dependencies=[allow(FACT_READERS, stream=True)],
    response_class=Response,
    responses={
        200: {
            "description": "One state a line: how far it has come, now and then, and at last the result.",
            "content": {NDJSON: {"schema": {"type": "string"}, "example": _VERIFIED}},
        }
    },
)
async def verify_log(request: Request) -> Response:
    """Compares the whole log with its tree and its signed heads, and names the first position that was altered.

    `dossier verify` also reads every event, and compares with heads that were kept elsewhere.
    """
    services = services_of(request)
    if services.verification.locked():
        raise FollowersError("The log is being verified already; try again later.")
    return Stream(_verification(services), media_type=NDJSON)


async def _verification(services: Services) -> AsyncIterator[bytes]:
    """Yields the states, one a line."""
    dossier = services.dossier
    states = checked_tree(dossier.database, [dossier.notary.key.public])
    async with services.verification:
        async for state in services.queries.each(states):
            yield as_json(_verification_read(state)) + b"\n"


def _verification_read(state: Checked) -> VerificationRead:
    return VerificationRead(
        events=state.events,
        last_position=state.last_position,
        finished=state.is_result,
        signed_position=state.signed.size if state.signed else 0,
        broken_position=state.broken_position,
        fault=state.fault,
    )


def _check_size(size: int, most: int, field: str) -> None:
    if size > most:
        raise InvalidError(f"The tree has {most} events.", field=field)


def head_read(head: Head) -> HeadRead:
    """Returns a head as it is answered."""
    return HeadRead(
        size=head.size, root=as_text(head.root), signed_at=head.signed_at, key_id=head.key_id, note=head.note
    )


def _answer(body: Any) -> Response:
    return Response(as_json(body), media_type=JSON)
