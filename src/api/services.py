"""What the routes work with: one `Services` an application, made by `app.create_app`, found through the request."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

from starlette.requests import HTTPConnection

from api.background.event_batches import EventBatches
from api.background.following import Bell
from api.background.health import HealthCheck
from api.background.rebuilds import Rebuilds
from api.background.waiting import QueryThreads, Waiting
from api.http.metrics import Metrics
from api.http.tokens import Tokens
from api.settings import ApiSettings
from projections.reading.read_models import ReadModels
from store.application import Dossier

ZONE_KEPT_S: Final = 1.0
"""How late another API process may notice a new time zone."""


class BusinessDay:
    """Today in the company's time zone (rule 0.3), without asking the database for the zone at every request."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._zone: tuple[float, ZoneInfo] | None = None

    def today(self) -> date:
        """The business day."""
        now = datetime.now(UTC)
        known = self._zone
        if known is None or known[0] < time.monotonic():
            self._dossier.renew_setup()
            known = (time.monotonic() + ZONE_KEPT_S, self._dossier.setup().controls.zone(now.date()))
            self._zone = known
        return now.astimezone(known[1]).date()

    def forget(self) -> None:
        """To be called when a control was set here, so that the very next day read is right."""
        self._zone = None


class LogEnd:
    """How far the log is known to go; asked only for a position beyond what is known."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._known = 0

    def reached(self, position: int) -> bool:
        """Whether the log has given this position."""
        if position > self._known:
            self._known = self._dossier.log_of_facts.max_notification_id() or 0
        return position <= self._known


@dataclass(frozen=True, slots=True)
class Services:
    """The application behind the routes."""

    dossier: Dossier
    reads: ReadModels
    settings: ApiSettings
    tokens: Tokens
    day: BusinessDay
    log_end: LogEnd
    metrics: Metrics
    health: HealthCheck
    bell: Bell
    batches: EventBatches
    queries: QueryThreads
    waiting: Waiting
    rebuilds: Rebuilds


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that this request came to."""
    return cast("Services", connection.app.state.services)
