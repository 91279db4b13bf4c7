"""The stack that a user would pick instead: FastAPI with sync routes over an application of the `eventsourcing` library and PostgreSQL.

It makes the same checks: token and role, shape of the body, definitions, and whether anything changes at all. It has less to do than
Dossier: one clock, definitions in memory, no idempotency keys, no encryption, smaller events. A lost race is tried again.
"""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import jwt
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.persistence import IntegrityError, StoredEvent
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg import Connection, sql
from pydantic import BaseModel, ConfigDict

from benchmarks.over_http import company
from benchmarks.peer import Account, Customer, PeerApplication
from benchmarks.progress import Progress

SECRET: Final = "DOSSIER_TOKEN_SECRET"
SERVED: Final = "STOCK_SERVES"
"""Set in the environment of the process that serves; without it, importing this module opens no database."""
MOST_TRIES: Final = 10
PROFILE: Final[dict[str, Any]] = {"options": company.OPTIONS, "amounts": company.AMOUNTS}
FIELDS: Final = {company.FIELD: company.FIELD_LABEL}
LONGEST_VALUE: Final = 500
WRITERS: Final = frozenset({"administrator", "agent"})
ACTOR: Final = "ann"

A = TypeVar("A", Customer, Account)


class Confirmation(BaseModel):
    """OK in the drawer."""

    model_config = ConfigDict(extra="forbid")
    responses: dict[int, str]
    effective_from: date | None = None
    reason: str | None = None


class FieldEdits(BaseModel):
    """Save in the widget."""

    model_config = ConfigDict(extra="forbid")
    fields: dict[str, str]
    effective_from: date | None = None
    reason: str | None = None


class Assignment(BaseModel):
    """A class to be assigned."""

    model_config = ConfigDict(extra="forbid")
    profile_class: str
    effective_from: date | None = None
    reason: str | None = None


class Answer(BaseModel):
    """The version after the write, and its position in the log where something changed."""

    version: int
    position: int | None


app = FastAPI(openapi_url=None)
application = PeerApplication() if os.environ.get(SERVED) else None
_bearer = HTTPBearer()


def _actor(credentials: Annotated[HTTPAuthorizationCredentials, Depends(_bearer)]) -> str:
    try:
        claims = jwt.decode(credentials.credentials, os.environ[SECRET], algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "The token is not valid.") from error
    if claims["role"] not in WRITERS:
        raise HTTPException(403, "This role may not write.")
    return str(claims["sub"])


Actor = Annotated[str, Depends(_actor)]


@app.put("/v1/customers/{number}/drawer")
def confirm_drawer(number: str, body: Confirmation, actor: Actor) -> Answer:
    """Stores the responses that differ from those in force."""
    if body.responses.keys() != {company.CATEGORY} or not company.RESPONSES.keys() >= set(body.responses.values()):
        raise HTTPException(422, "This is not defined.")

    def decide(customer: Customer) -> None:
        for category, response in body.responses.items():
            if customer.responses.get(category) != response:
                description = company.RESPONSES[response]
                customer.select_response(category, response, description, body.effective_from or _today(), actor)

    return _written(Customer.create_id(number), decide)


@app.patch("/v1/customers/{number}/fields")
def edit_fields(number: str, body: FieldEdits, actor: Actor) -> Answer:
    """Stores the values that differ from those in force."""
    if not FIELDS.keys() >= body.fields.keys() or max(map(len, body.fields.values()), default=0) > LONGEST_VALUE:
        raise HTTPException(422, "There is no such field, or the value is too long.")

    def decide(customer: Customer) -> None:
        for field, value in body.fields.items():
            if customer.fields.get(field) != value:
                customer.edit_field(field, FIELDS[field], value, body.effective_from or _today(), actor)

    return _written(Customer.create_id(number), decide)


@app.post("/v1/accounts/{number}/profile")
def assign_class(number: str, body: Assignment, actor: Actor) -> Answer:
    """Assigns a class, unless the account has it."""
    if body.profile_class not in company.CLASSES:
        raise HTTPException(422, "There is no such class.")

    def decide(account: Account) -> None:
        first = body.effective_from or _today()
        if first < account.start:
            raise HTTPException(422, "The account starts later.")
        if account.profile_class != body.profile_class:
            account.assign(body.profile_class, PROFILE, first, actor)

    return _written(Account.create_id(number), decide)


def _today() -> date:
    return datetime.now(UTC).date()


def _written(id_: UUID, decide: Callable[[A], None]) -> Answer:
    """Loads, decides and saves, as the documentation of the library does it."""
    assert application is not None
    for _ in range(MOST_TRIES):
        try:
            aggregate: A = application.repository.get(id_)
            decide(aggregate)
            recordings = application.save(aggregate)
        except AggregateNotFoundError as error:
            raise HTTPException(404, "There is no such thing.") from error
        except IntegrityError:
            continue
        return Answer(version=aggregate.version, position=recordings[-1].notification.id if recordings else None)
    raise HTTPException(409, "Others write the same thing all the time.")


def fill(peer: PeerApplication, connection: Connection[Any], schema: str, things: int) -> None:
    """Stores as many customers and accounts as Dossier has, with the same history, by COPY."""
    columns = sql.SQL("originator_id, originator_version, topic, state")
    table = sql.Identifier(schema, "peer_events")
    progress, mapper = Progress("the same for the stock stack", things), peer.mapper
    with connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)) as copy:
        for number in range(things):
            for fact in _history(str(number)):
                stored: StoredEvent = mapper.to_stored_event(fact)
                copy.write_row((stored.originator_id, stored.originator_version, stored.topic, stored.state))
            progress.show(number)


def _history(number: str) -> list[Any]:
    """The events of one customer and its account."""
    customer = Customer(number=number)
    response = next(iter(company.RESPONSES))
    customer.select_response(company.CATEGORY, response, company.RESPONSES[response], company.ANSWERED, ACTOR)
    customer.edit_field(company.FIELD, company.FIELD_LABEL, company.CITY, company.ANSWERED, ACTOR)
    account = Account(number=number, customer=number, start=company.START)
    account.assign("DEFAULT", PROFILE, company.START, ACTOR)
    return [*customer.collect_events(), *account.collect_events()]
