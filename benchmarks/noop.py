"""The HTTP peer: routes that parse the same body and the same parameters with the same models, and do nothing."""

from datetime import date, datetime

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(openapi_url=None)


class Drawer(BaseModel):
    """The body of OK in the drawer."""

    responses: dict[str, str | None]
    effective_from: date | None = None
    effective_to: date | None = None
    keep_later: bool = False
    reason: str | None = None


@app.post("/noop")
async def noop(body: Drawer) -> dict[str, int]:
    """Answers how many responses it was given."""
    return {"responses": len(body.responses)}


@app.get("/noop/{number}")
async def read_noop(number: str, valid_at: date, known_at: datetime) -> dict[str, str]:
    """Answers what it was asked."""
    return {"number": number, "valid_at": str(valid_at), "known_at": str(known_at)}
