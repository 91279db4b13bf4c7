"""The HTTP application: routes, exception handlers and middleware, wired once. Called by the composition root (`cli`).

`create_app` opens nothing: the database, the log and the read models belong to the caller, who closes them. What the application
starts itself (the threads behind followed events and health) ends with its lifespan.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, Final

import orjson
from anyio import to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from api.background.event_batches import EventBatches
from api.background.following import LogFollowers, Places
from api.background.health import HealthCheck
from api.background.operations import OperationsWatch
from api.background.rebuilds import Rebuilds
from api.background.waiting import QueryThreads, Waiting
from api.console.build import Builds
from api.console.pages import Pages
from api.http.logs import AccessLog
from api.http.metrics import Metrics
from api.http.tokens import Tokens
from api.openapi import description
from api.routing import redirects
from api.routing.documents import Documents
from api.routing.door import Door
from api.routing.refusals import HANDLERS
from api.services import BusinessDay, LogEnd, Services
from api.settings import ApiSettings
from projections.reading.asking import Asking
from projections.reading.read_models import ReadModels
from store.application import Dossier

ROUTERS: Final = (
    "drawer",
    "customer_fields",
    "customer_previews",
    "found_customers",
    "customers",
    "merges",
    "erasures",
    "account_profiles",
    "profile_previews",
    "accounts",
    "resolutions",
    "sites",
    "profile_classes",
    "propagations",
    "interactions",
    "current_interaction",
    "search",
    "history",
    "proof",
    "categories",
    "fields",
    "controls",
    "system_options",
    "mappings",
    "contact_files",
    "upload_previews",
    "uploads",
    "upload_mappings",
    "deliveries",
    "events",
    "projections",
    "operations",
    "live_operations",
    "documents",
    "sessions",
    "console",
)
"""Modules of `api.routers`, the most used first: routes are tried in this order."""


class Application(FastAPI):
    """FastAPI's application, whose requests come in by a door of ours."""

    _door: Door

    def open(self, services: Services) -> None:
        """Opens the door, once all routes are there."""
        self._door = Door(self.router, description.routes_of(self), self.exception_handlers, services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, or the lifespan."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        await self._door(scope, receive, send)


class Methods:
    """The methods of each path, for the Allow header: the framework names only those of the first route that matches."""

    def __init__(self, app: FastAPI) -> None:
        self._routes = [(re.compile(route.path_regex), _methods(route)) for route in description.routes_of(app)]

    def of(self, path: str) -> list[str]:
        """Returns the methods of a path, sorted."""
        return sorted({method for pattern, methods in self._routes if pattern.match(path) for method in methods})


def _methods(route: APIRoute) -> set[str]:
    """Returns the methods of a route; HEAD is answered by `middleware`."""
    methods = route.methods or set()
    return {*methods, "HEAD"} if "GET" in methods else methods


def create_app(dossier: Dossier, reads: ReadModels, settings: ApiSettings) -> FastAPI:
    """Returns the application over one company's profiles. `reads` must be started, or reads that wait for read models are never woken."""
    queries = QueryThreads(settings.query_threads)
    health = HealthCheck(dossier, reads.projections, settings.expected)
    services = Services(
        dossier=dossier,
        reads=reads.without_waiting(),
        asking=Asking(dossier, reads.without_waiting(), queries.run),
        settings=settings,
        tokens=Tokens(settings.token_secret, dossier.company),
        day=BusinessDay(dossier),
        log_end=LogEnd(dossier),
        metrics=Metrics(dossier.company, settings.counts),
        access_log=AccessLog(settings.log_requests),
        health=health,
        operations=OperationsWatch(health),
        followers=LogFollowers(dossier),
        log_places=Places(settings.followers, settings.followers_each),
        page_places=Places(settings.pages, settings.followers_each),
        batches=EventBatches(dossier, reads.without_waiting(), queries),
        queries=queries,
        waiting=Waiting(reads, settings.waiting),
        rebuilds=Rebuilds(dossier),
        verification=asyncio.Lock(),
    )
    app = _routed()
    app.state.services = services
    app.state.methods = Methods(app)
    app.state.documents = Documents(app, settings.asyncapi)
    app.state.builds = Builds(settings.console)
    app.router.routes.append(Pages(app.state.builds, settings.embed_origins))
    app.open(services)
    return app


def describe_only() -> dict[str, Any]:
    """Returns the OpenAPI document, without anything behind the routes."""
    return description.describe(_routed())


def openapi_document() -> str:
    """Returns the text of `docs/openapi.json`: sorted keys, an indent of two spaces, a line feed at the end."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(describe_only(), option=options).decode()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    to_thread.current_default_thread_limiter().total_tokens = services.settings.threads
    writer = services.dossier.log_of_facts.writer
    await writer.attach()
    building = asyncio.create_task(app.state.documents.build()) if services.settings.documents_ahead else None
    try:
        yield
    finally:
        services.access_log.close()
    if building is not None:
        building.cancel()
    await writer.detach()
    services.asking.close()
    services.followers.close()
    services.health.close()


def _routed() -> Application:
    app = Application(
        title=description.TITLE,
        version=description.VERSION,
        description=description.DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        exception_handlers={**HANDLERS, **redirects.HANDLERS},
        routes=[route for name in ROUTERS for route in import_module(f"api.routers.{name}").router.routes],
    )
    app.openapi = lambda: description.describe(app)  # type: ignore[method-assign]
    return app
