"""`dossier docs`: the generated documents of `docs/`, which are the event catalogue, the HTTP interface and the bus.

`dossier docs --write` writes them, `--check` and a test compare them with the committed files. The catalogue is made from the event
classes and their docstrings, so that it says what the code does. Neither goes on when the code would break a subscriber of what was
published (`consumers.contract`).
"""

import types
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from aggregates.catalogue import FACTS
from aggregates.fact import EffectiveFact, Fact
from api.app import openapi_document
from cli.errors import CliError
from cli.output.lines import say
from consumers import asyncapi, contract

FOLDER: Final = Path("docs")
CONTRACT: Final = "contract.json"
_HEAD: Final = """# Events

Generated from the event classes by `dossier docs --write`; do not edit.

Everything that happens is one of these events. They are stored for ever under the names given here, in one log, in the order in which
they were committed. Each carries, beside the fields below: `event_id`, the company, who (`actor`, `role`), where from (`source`), why
(`reason`, optional), `correlation_id`, `causation_id`, and `recorded_at` (UTC, microseconds). *Effective* events hold on whole
business days, from `effective_from` to `effective_to`, both inclusive, open-ended without the latter. *Personal* fields are encrypted
in the log with a key of the customer's own, and are never sent to the bus.
"""
_FAMILIES: Final = {
    "category": "Profile categories and responses",
    "controls": "System control values",
    "mappings": "Attribute mappings",
    "customer": "Customer profiles: names, numbers, responses, business fields, merges",
    "unmasking": "Masked values that were shown, or guarded",
    "system_options": "System options",
    "profile_class": "Profile classes",
    "propagation": "Propagations of changed classes",
    "account": "Accounts",
    "site": "Sites",
    "field": "Business fields",
    "interaction": "Interactions",
    "upload_mapping": "Mappings of contact uploads",
    "upload": "Contact uploads",
}
_MODELS: Final = """## What events carry

What is not set is left out of these.
"""


def event_catalogue() -> str:
    """Returns the text of `docs/events.md`."""
    parts = [_HEAD]
    family = ""
    for topic, fact in FACTS.items():
        if topic.partition(".")[0] != family:
            family = topic.partition(".")[0]
            parts.append(f"## {_FAMILIES.get(family, family.replace('_', ' ').capitalize())}\n")
        parts.append(_event(topic, fact))
    models: dict[str, type[BaseModel]] = {}
    for fact in FACTS.values():
        _collect(fact, models)
    return "\n".join([*parts, _MODELS, *(_model(model) for model in models.values())])


def _event(topic: str, fact: type[Fact]) -> str:
    effective = " · effective" if issubclass(fact, EffectiveFact) else ""
    lines = [f"### `{topic}`\n", _meaning(fact), f"`{fact.__name__}` · version {fact.class_version}{effective}\n"]
    fields = {name: field for name, field in fact.model_fields.items() if name not in EffectiveFact.model_fields}
    return "\n".join([*lines, *_table(fields, fact.personal_fields())])


def _model(model: type[BaseModel]) -> str:
    return "\n".join([f"### {model.__name__}\n", _meaning(model), *_table(model.model_fields)]).replace(" or null", "")


def _meaning(described: type[BaseModel]) -> str:
    return f"{' '.join((described.__doc__ or '').split())}\n"


def _table(fields: Mapping[str, FieldInfo], personal: Collection[str] = ()) -> list[str]:
    """Returns the lines of a table of the fields and an empty line; none without fields."""
    if not fields:
        return []
    lines = ["| field | type | |", "|---|---|---|"]
    for name, field in fields.items():
        optional = not field.is_required() and field.default is None
        notes = [*(["personal"] if name in personal else []), *(["optional"] if optional else [])]
        lines.append(f"| `{name}` | {_type(field.annotation)} | {', '.join(notes)} |")
    return [*lines, ""]


def _collect(model: type[BaseModel], models: dict[str, type[BaseModel]]) -> None:
    """Adds every model in the fields of a model, each before those in its own fields."""
    left_out = EffectiveFact.model_fields if issubclass(model, Fact) else {}
    for name, field in model.model_fields.items():
        for part in () if name in left_out else _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel) and part.__name__ not in models:
                models[part.__name__] = part
                _collect(part, models)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _type(annotation: Any) -> str:
    """Returns the type in words that a reader of JSON knows."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(parts[0])
    if origin in (Union, types.UnionType, Literal):
        return " or ".join(_type(part) for part in parts)
    if origin is not None:
        part_names = [_type(part) for part in parts if part is not ...]
        return " by ".join(reversed(part_names)) if origin is dict else f"{origin.__name__} of {', '.join(part_names)}"
    if isinstance(annotation, str):
        return f"`{annotation}`"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    type_names: dict[Any, str] = {
        type(None): "null",
        UUID: "id",
        str: "text",
        int: "whole number",
        bool: "true or false",
        Decimal: "decimal as text",
    }
    return type_names.get(annotation, getattr(annotation, "__name__", str(annotation)))


class StaleDocumentsError(CliError):
    """Committed documents differ from what the code says."""


class BrokenContractError(CliError):
    """Subscribers would be broken by what the code says."""


def generated() -> dict[str, str]:
    """Returns every generated document by its name in `docs/`, as it must be."""
    return {
        "events.md": event_catalogue(),
        "openapi.json": openapi_document(),
        "asyncapi.yaml": asyncapi.document(),
        CONTRACT: contract.document(_committed(FOLDER / CONTRACT)),
    }


def command(*, write: bool, reworded: bool) -> None:
    """Writes the documents, or checks them. `reworded`: descriptions that have changed mean what they meant before.

    Raises `BrokenContractError` where subscribers would be broken, and `StaleDocumentsError` naming the documents that are stale.
    """
    _check_contract(_committed(FOLDER / CONTRACT), reworded=reworded)
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


def _check_contract(published: str | None, *, reworded: bool) -> None:
    """Raises `BrokenContractError` where the code breaks the published contract."""
    broken = contract.breaks(published) if published is not None else []
    broken = [fault for fault in broken if not (reworded and fault.meaning)]
    if not broken:
        return
    ways = "\n".join(f"  {fault}" for fault in broken)
    hint = (
        "If the texts alone have changed, and not what they mean, run `dossier docs --write --reworded`."
        if all(fault.meaning for fault in broken)
        else "Raise the event's class_version and add an upcaster, or give the topic a new version (see CONTRIBUTING)."
    )
    raise BrokenContractError(f"Subscribers would be broken:\n{ways}\n{hint}")


def _committed(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
