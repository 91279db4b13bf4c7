"""Structured logs: one JSON object a line. The access log says who, what, how it ended and how long it took.

Never in a log: a body, a path with its values, a query, a name, a token. The composition root calls `configure` once.
"""

import logging
import sys
from typing import Any, BinaryIO, Final

import orjson
import structlog

ACCESS: Final = structlog.get_logger("dossier.access")
FAULTS: Final = structlog.get_logger("dossier.faults")


def configure(stream: BinaryIO | None = None) -> None:
    """Lets every logger of the process write JSON lines to `stream`, by default to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer if stream is None else stream),
        cache_logger_on_first_use=True,
    )


def _as_json(event: dict[str, Any], **_: Any) -> bytes:
    return orjson.dumps(event, default=str)
