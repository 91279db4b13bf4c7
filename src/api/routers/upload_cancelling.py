"""`/v1/uploads/{upload}/cancel`: an upload that is not to go on (rule 3.2)."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.parameters.shapes import Body, Reason
from api.parameters.writing import WriteAnswer, Writing
from api.routers.uploads import UPLOAD
from api.routing.auth import UPLOADERS, GuardedRoute, allow
from jobs.upload import cancel

router: Final = APIRouter(prefix="/v1/uploads", tags=["uploads"], route_class=GuardedRoute)


class Cancel(Body):
    """Why it is not to go on."""

    reason: Reason | None = None


@router.post("/{upload}/cancel", response_model=WriteAnswer, dependencies=[allow(UPLOADERS)])
def cancel_upload(write: Writing, upload: UPLOAD, body: Cancel | None = None) -> Response:
    """Ends an upload before the end of its file. The rows that were taken stay, and its state and counts say so."""
    request = write.ask(body.reason if body else None)
    return write.done(cancel.cancel(write.services.dossier, request, upload))
