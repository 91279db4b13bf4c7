"""The HTTP peer: a route that parses the same body with the same model and does nothing."""

from datetime import date

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
