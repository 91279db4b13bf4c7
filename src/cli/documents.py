"""The generated documents of `docs/`: the event catalogue, the HTTP interface (OpenAPI) and the bus (AsyncAPI).

`dossier docs --write` writes them, `--check` and a test compare them with the committed files. The catalogue is made of the event
classes and their docstrings, so what is written there is what the code does.
"""

import types
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, Union, get_args, get_origin

from aggregates.catalogue import FACTS
from aggregates.fact import EffectiveFact, Fact
from api.openapi import openapi_document
from cli.errors import CliError
from cli.lines import say
from consumers import asyncapi

FOLDER: Final = Path("docs")
_HEAD: Final = """# Events

Generated from the event classes by `dossier docs --write`; do not edit.

Everything that happens is one of these events. They are stored for ever under the names given here, in one log, in the order in which
they were committed. Each carries, beside the fields below: `event_id`, the company, who (`actor`, `role`), where from (`source`), why
(`reason`, optional), `correlation_id`, `causation_id`, and `recorded_at` (UTC, microseconds). *Effective* events hold on whole
business days, from `effective_from` to `effective_to`, both inclusive, open-ended without the latter. *Personal* fields are encrypted
in the log with a key of the customer's own, and never leave the house on the bus.
"""
_FAMILIES: Final = {
    "category": "Profile categories and responses",
    "controls": "System control values",
    "mappings": "Attribute mappings",
    "customer": "Customer profiles",
}


def event_catalogue() -> str:
    """The text of `docs/events.md`."""
    parts = [_HEAD]
    family = ""
    for topic, fact in FACTS.items():
        if topic.partition(".")[0] != family:
            family = topic.partition(".")[0]
            parts.append(f"## {_FAMILIES.get(family, family.replace('_', ' ').capitalize())}\n")
        parts.append(_event(topic, fact))
    return "\n".join(parts)


def _event(topic: str, fact: type[Fact]) -> str:
    effective = " · effective" if issubclass(fact, EffectiveFact) else ""
    meaning = " ".join((fact.__doc__ or "").split())
    lines = [f"### `{topic}`\n", f"{meaning}\n", f"`{fact.__name__}` · version {fact.class_version}{effective}\n"]
    fields = {name: field for name, field in fact.model_fields.items() if name not in EffectiveFact.model_fields}
    if fields:
        lines += ["| field | type | |", "|---|---|---|"]
        personal = fact.personal_fields()
        for name, field in fields.items():
            notes = [*(["personal"] if name in personal else []), *([] if field.is_required() else ["optional"])]
            lines.append(f"| `{name}` | {_type(field.annotation)} | {', '.join(notes)} |")
        lines.append("")
    return "\n".join(lines)


def _type(annotation: Any) -> str:
    """The type in words a reader of JSON knows."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _type(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return " or ".join("null" if part is type(None) else _type(part) for part in get_args(annotation))
    if origin is not None:
        inner = ", ".join(_type(part) for part in get_args(annotation) if part is not ...)
        return f"{getattr(origin, '__name__', str(origin))} of {inner}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    named = {str: "text", int: "whole number", bool: "true or false", float: "number"}
    return named.get(annotation, getattr(annotation, "__name__", str(annotation)))


class StaleDocumentsError(CliError):
    """Committed documents are not what the code says."""


def generated() -> dict[str, str]:
    """Every generated document by its name in `docs/`, as it must be."""
    return {"events.md": event_catalogue(), "openapi.json": openapi_document(), "asyncapi.yaml": asyncapi.document()}


def command(*, write: bool) -> None:
    """`dossier docs`. Raises `StaleDocumentsError` naming the documents that are stale."""
    texts = generated()
    stale = [name for name, text in texts.items() if _committed(FOLDER / name) != text]
    if not write:
        if stale:
            raise StaleDocumentsError(f"Stale: {', '.join(stale)}. Run `dossier docs --write`.")
        say("Up to date.")
        return
    FOLDER.mkdir(exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(texts[name])
    say(f"Written: {', '.join(stale)}." if stale else "Up to date.")


def _committed(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
