"""How processes log: one JSON object a line on stderr, or coloured lines when stderr is a terminal.

Lines of libraries (uvicorn, psycopg, kafka) come out in the same shape. Every line carries the instant (UTC), the level, the names of
the process and of its company, and what `structlog.contextvars` binds.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import orjson
import structlog
from structlog.typing import EventDict, Processor

from api.http.logs import REQUEST, RequestLine
from cli.settings import LogLevel

_TALKATIVE: Final = ("httpx2", "httpcore2", "asyncio", "uvicorn")
"""Libraries that log every request or step at level info."""
_KAFKA: Final = "kafka"
"""This library logs each attempt to connect, which our own lines sum up; at level debug it also logs what it sends, passwords included,
so that level is never used."""
_POOL: Final = "psycopg.pool"
"""It logs each attempt to connect, which `store.outage_log` sums up."""

_SHARED: Final[tuple[Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)


def configure(process: str, level: LogLevel, company: str) -> None:
    """Sets logging up for this process; its name and its company are in every line."""
    shared = (_naming(process, company), *_SHARED)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering()],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG if level is LogLevel.DEBUG else logging.WARNING)
    logging.getLogger(_KAFKA).setLevel(logging.INFO if level is LogLevel.DEBUG else logging.CRITICAL)
    logging.getLogger(_POOL).setLevel(logging.WARNING if level is LogLevel.DEBUG else logging.CRITICAL)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def write_json_bytes(process: str, company: str, stream: BinaryIO | None = None) -> None:
    """Sets logging up for the API, which logs each request: lines go as JSON bytes straight to `stream`, by default to standard error."""
    structlog.configure(
        processors=[
            _naming(process, company),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer if stream is None else stream),
        cache_logger_on_first_use=True,
    )


def requests_as_json(process: str, company: str, stream: BinaryIO) -> Callable[[Sequence[RequestLine]], None]:
    """Returns a function that writes lines of the access log to `stream`, several at once, in the form of `write_json_bytes`."""
    more = {"event": REQUEST, "process": process, "company": company, "level": "info"}

    def write(lines: Sequence[RequestLine]) -> None:
        documents = ({**line.members(), **more, "timestamp": datetime.fromtimestamp(line.at, UTC)} for line in lines)
        options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
        stream.write(b"".join([orjson.dumps(document, option=options) for document in documents]))
        stream.flush()

    return write


def _naming(process: str, company: str) -> Processor:
    """Adds the name of the process and its company to every line, whichever thread it comes from."""

    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["process"], event["company"] = process, company
        return event

    return add


def _as_json(event: dict[str, Any], **_: Any) -> bytes:
    return orjson.dumps(event, default=str)


def _rendering() -> tuple[Processor, ...]:
    if sys.stderr.isatty():
        return (structlog.dev.ConsoleRenderer(),)
    return (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
