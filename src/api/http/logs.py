"""Structured logs: one JSON object a line, which names the process and its company.

The access log says who, what, how it ended and how long it took. Never in a log: a body, a path with its values, a query, a name, a token.
The composition root calls `configure` once.
"""

import logging
import sys
from typing import Any, BinaryIO, Final

import orjson
import structlog
from structlog.typing import EventDict, Processor

ACCESS: Final = structlog.get_logger("dossier.access")
FAULTS: Final = structlog.get_logger("dossier.faults")


def configure(process: str, company: str, stream: BinaryIO | None = None) -> None:
    """Lets every logger of the process write JSON lines to `stream`, by default to standard error."""
    structlog.configure(
        processors=[
            named(process, company),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer if stream is None else stream),
        cache_logger_on_first_use=True,
    )


def named(process: str, company: str) -> Processor:
    """Adds the name of the process and its company to every line, whichever thread it comes from."""

    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["process"], event["company"] = process, company
        return event

    return add


def _as_json(event: dict[str, Any], **_: Any) -> bytes:
    return orjson.dumps(event, default=str)
