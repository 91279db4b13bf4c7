"""What the routes work with: one `Services` per application, made by `app.create_app` and found through the request."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from api.background.event_batches import EventBatches
from api.background.following import LogFollowers, Places
from api.background.health import HealthCheck
from api.background.operations import OperationsWatch
from api.background.rebuilds import Rebuilds
from api.background.waiting import QueryThreads, Waiting
from api.http.logs import AccessLog
from api.http.metrics import Metrics
from api.http.tokens import Tokens
from api.settings import ApiSettings
from projections.reading.asking import Asking
from projections.reading.read_models import ReadModels
from store.application import Dossier

ZONE_KEPT_S: Final = 1.0
"""Seconds after which another API process notices a new time zone."""


class BusinessDay:
    """Today in the company's time zone (rule 0.3), without a look into the database at every request."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._zone: tuple[float, ZoneInfo] | None = None
        self._is_renewed = False

    def today(self) -> date:
        """Returns the business day."""
        return datetime.now(self.zone()).date()

    def zone(self, *, renewed: bool = False) -> ZoneInfo:
        """Returns the company's time zone, `renewed` if it is to be looked up now."""
        cached = self._zone
        if renewed or cached is None or cached[0] < time.monotonic():
            self._dossier.renew_setup()
            cached = (time.monotonic() + ZONE_KEPT_S, self._dossier.setup().controls.zone(datetime.now(UTC).date()))
            self._zone = cached
        return cached[1]

    async def renew(self) -> None:
        """Sees to it that the next look at the day holds up no event loop. One request renews the zone early; the others go on."""
        left_s = 0.0 if self._zone is None else self._zone[0] - time.monotonic()
        if left_s > ZONE_KEPT_S / 2 or (self._is_renewed and left_s > ZONE_KEPT_S / 10):
            return
        self._is_renewed = True
        try:
            await run_in_threadpool(self.zone, renewed=True)
        finally:
            self._is_renewed = False

    def forget(self) -> None:
        """Forgets the time zone. Called when a control was set here, so that the next answer is right."""
        self._zone = None


class LogEnd:
    """The last known end of the log; looked up only for a position beyond it."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._last_seen = 0

    def reached(self, position: int) -> bool:
        """Returns whether the log has reached this position."""
        return self.has_passed(position) or position <= self.look()

    def has_passed(self, position: int) -> bool:
        """Returns whether the log is known to have reached this position, without a look."""
        return position <= self._last_seen

    def look(self) -> int:
        """Looks up the end of the log, and returns its position."""
        self._last_seen = self._dossier.log_of_facts.max_notification_id() or 0
        return self._last_seen


@dataclass(frozen=True, slots=True)
class Services:
    """The application behind the routes."""

    dossier: Dossier
    reads: ReadModels
    asking: Asking
    settings: ApiSettings
    tokens: Tokens
    day: BusinessDay
    log_end: LogEnd
    metrics: Metrics
    access_log: AccessLog
    health: HealthCheck
    operations: OperationsWatch
    followers: LogFollowers
    log_places: Places
    page_places: Places
    batches: EventBatches
    queries: QueryThreads
    waiting: Waiting
    rebuilds: Rebuilds
    verification: asyncio.Lock
    """Held while the log is compared with its tree: by one request at a time."""


def services_of(connection: HTTPConnection) -> Services:
    """Returns the services of the application that received this request."""
    return cast("Services", connection.scope["app"].state.services)
