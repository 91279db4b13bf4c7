"""A simulator of Customer Engagement, for `dossier up`, tests and demonstrations. Run by `dossier simulator`.

It keeps the last value of each attribute, has no effect twice for one idempotency key, and remembers in which order the first
effective receipts of each customer came, so that order and exactly-once can be checked. It refuses values that are too long for an
attribute, and fails when told to. With a journal (JSON lines, written through) it can be killed and started again without forgetting.
"""

import hmac
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Annotated, Any, Final, cast

import orjson
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel, Field

from cli.data_directory.private_files import open_private

MOST_FAULTS: Final = 100
"""The most faults that may be waiting."""
LONGEST_VALUE: Final = 1_000
LONGEST_ATTRIBUTE: Final = 60
"""Characters that an attribute takes. A longer value is refused for good, as a system with columns of fixed width would."""


class Value(BaseModel):
    """A value that is put; `None` clears the attribute."""

    value: Annotated[str | None, Field(max_length=LONGEST_VALUE)]
    effective_from: date
    effective_to: date | None = None


class Fault(BaseModel):
    """Answers the next `times` requests with `status`, those of one customer only when `number` is given."""

    number: str | None = None
    status: Annotated[int, Field(ge=400, le=599)]
    times: Annotated[int, Field(ge=1)] = 1
    retry_after: Annotated[int | None, Field(ge=0)] = None


class Memory:
    """What was received. The journal, if any, is read at the start and written to at every effective receipt."""

    def __init__(self, journal: Path | None) -> None:
        self.values: dict[str, dict[str, Value]] = defaultdict(dict)
        self.order: dict[str, list[str]] = defaultdict(list)
        self.numbers_by_key: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self._journal: IO[bytes] | None = None
        if journal is not None:
            self._read(journal)
            self._journal = open_private(journal)

    def _read(self, journal: Path) -> None:
        """Reads the journal. A last line that was cut by a crash was never acknowledged, and is removed."""
        content = journal.read_bytes() if journal.exists() else b""
        complete = content[: content.rfind(b"\n") + 1]
        if len(complete) < len(content):
            journal.write_bytes(complete)
        for line in complete.splitlines():
            entry = orjson.loads(line)
            self._take(entry["key"], entry["number"], entry["attribute"], Value.model_validate(entry["body"]))

    def put(self, key: str, number: str, attribute: str, value: Value) -> bool:
        """Stores a value and returns whether it was new. A key that was seen before has no effect."""
        if key in self.numbers_by_key:
            self.counts["duplicates"] += 1
            return False
        if self._journal is not None:
            entry = {"key": key, "number": number, "attribute": attribute, "body": value.model_dump(mode="json")}
            self._journal.write(orjson.dumps({**entry, "at": datetime.now(UTC)}) + b"\n")
            self._journal.flush()
        self._take(key, number, attribute, value)
        return True

    def _take(self, key: str, number: str, attribute: str, value: Value) -> None:
        self.values[number][attribute] = value
        self.order[number].append(key)
        self.numbers_by_key[key] = number
        self.counts["effective"] += 1

    def close(self) -> None:
        """Closes the journal."""
        if self._journal is not None:
            self._journal.close()

    def fault_for(self, number: str) -> Fault | None:
        """Returns the next fault for this request and counts it down; `None` when there is none."""
        for fault in self.faults:
            if fault.number in (None, number):
                fault.times -= 1
                self.faults = [waiting for waiting in self.faults if waiting.times > 0]
                return fault
        return None


async def _check_token(request: Request, authorization: Annotated[str, Header()] = "") -> None:
    token = request.app.state.token
    if token and not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        raise HTTPException(401, "The bearer token is wrong.", {"WWW-Authenticate": "Bearer"})


async def _memory(request: Request) -> Memory:
    return cast("Memory", request.app.state.memory)


Remembered = Annotated[Memory, Depends(_memory)]
router: Final = APIRouter(dependencies=[Depends(_check_token)])


@router.put("/customers/{number}/attributes/{attribute}")
async def _put(
    memory: Remembered,
    number: str,
    attribute: str,
    value: Value,
    *,
    response: Response,
    idempotency_key: Annotated[str, Header(min_length=1, max_length=200)],
) -> dict[str, Any]:
    memory.counts["requests"] += 1
    fault = memory.fault_for(number)
    if fault is not None:
        memory.counts["refused"] += 1
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        raise HTTPException(fault.status, "Told to fail.", headers)
    if value.value is not None and len(value.value) > LONGEST_ATTRIBUTE:
        memory.counts["refused"] += 1
        raise HTTPException(422, f"An attribute has at most {LONGEST_ATTRIBUTE} characters.")
    new = memory.put(idempotency_key, number, attribute, value)
    response.status_code = 201 if new else 200
    return {"stored": new}


@router.get("/customers/{number}/attributes")
async def _attributes(memory: Remembered, number: str) -> dict[str, Value]:
    return memory.values.get(number, {})


@router.get("/received")
async def _received(memory: Remembered) -> dict[str, Any]:
    counts = {name: memory.counts[name] for name in ("requests", "effective", "duplicates", "refused")}
    return {**counts, "order": memory.order}


@router.post("/faults", status_code=201)
async def _fail(memory: Remembered, fault: Fault) -> Fault:
    if len(memory.faults) >= MOST_FAULTS:
        raise HTTPException(409, f"{MOST_FAULTS} faults are waiting already.")
    memory.faults.append(fault.model_copy())
    return fault


@router.delete("/faults", status_code=204)
async def _recover(memory: Remembered) -> None:
    memory.faults.clear()


async def _health() -> dict[str, str]:
    return {"status": "ok"}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.memory.close()


def create_app(token: str = "", journal: Path | None = None) -> FastAPI:
    """Returns the simulator. Every route but its health requires this bearer token, unless it is empty; `journal` keeps its receipts."""
    app = FastAPI(title="Customer Engagement simulator", openapi_url=None, lifespan=_lifespan)
    app.state.token = token
    app.state.memory = Memory(journal)
    app.add_api_route("/health", _health)
    app.include_router(router)
    return app
