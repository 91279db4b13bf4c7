"""`BusinessField`: the definition of one field, set up by an administrator (rule 3.1).

Key, type and personal flag are fixed for life: values that are stored were read, and sealed or not, by them.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar, Final

from aggregates import texts
from aggregates.aggregate import Aggregate, applies
from aggregates.errors import ConflictError, InvalidError, NotFoundError
from aggregates.fact import Origin
from aggregates.field.events import FieldChanged, FieldDefined
from aggregates.field.types import VALIDATORS, FieldType, ZoneOn, read, utc
from aggregates.texts import Faults, TextError

LONGEST_KEY: Final = 60
LONGEST_LABEL: Final = 60
LONGEST_CHOICE: Final = 60
MOST_CHOICES: Final = 200
POSITIONS: Final = (0, 9999)
MASK: Final = "••••"
"""What a masked value reads as, whatever its length (rule 5.2)."""
_KEY: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)


class FieldExistsError(ConflictError):
    """The key is taken."""


class FieldNotFoundError(NotFoundError):
    """There is no field with this key."""


class FieldDefinitionError(InvalidError):
    """The definition cannot be like this."""


class Group(StrEnum):
    """Where the widget shows a field (rule 3.3)."""

    BUSINESS = "business"
    OPTIONAL = "optional"


class Policy(StrEnum):
    """What a later upload does to an agent's edit (rule 3.10)."""

    NEWEST = "newest"
    UPLOAD = "upload"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """What is defined of a field."""

    key: str
    label: str
    group: Group
    type: FieldType
    agent_editable: bool = False
    position: int = 0
    required: bool = False
    personal: bool = False
    masked: bool = False
    choices: tuple[str, ...] = ()
    policy: Policy = Policy.NEWEST
    validators: tuple[str, ...] = ()
    active: bool = True
    searchable: bool = False

    def read(self, value: str, zone: ZoneOn = utc) -> str:
        """The canonical text of a value that is not blank (rule 3.9). Raises `TextError`, in words that begin with the label."""
        try:
            canonical = read(self.type, value, self.choices, zone=zone)
            for name in self.validators:
                VALIDATORS[name](canonical)
        except TextError as fault:
            raise TextError(f"{self.label} {fault.text.strip()}", field=self.key) from None
        return canonical


class BusinessField(Aggregate):
    """A field definition."""

    KIND: ClassVar[str] = "field"

    definition: FieldDefinition

    def define(self, origin: Origin, **members: Any) -> None:
        """Defines the field; `members` are the members of `FieldDefinition`, as raw input."""
        faults = Faults()
        definition = _checked(faults, None, {"key": "", "label": "", **members})
        faults.raise_any()
        if self.version:
            raise FieldExistsError(f"Field {definition.key} is already defined.", field="key")
        self.record(FieldDefined, origin, **_payload(definition))

    def change(self, origin: Origin, **changes: Any) -> None:
        """Changes what is given and not `None`."""
        faults = Faults()
        definition = _checked(
            faults, self.definition, {name: value for name, value in changes.items() if value is not None}
        )
        faults.raise_any()
        if definition != self.definition:
            self.record(FieldChanged, origin, **_payload(definition))

    @applies(FieldDefined)
    def _defined(self, event: FieldDefined) -> None:
        self.definition = _definition(event)

    @applies(FieldChanged)
    def _changed(self, event: FieldChanged) -> None:
        self.definition = _definition(event)


def field_key(value: str) -> str:
    """A key in snake_case, 1 to 60 characters. Raises `TextError`."""
    key = value.strip()
    if not is_key(key):
        raise TextError("The key must be written in snake_case, 1 to 60 characters.", field="key")
    return key


def is_key(value: str) -> bool:
    """Returns whether this can be a field's key."""
    return len(value.strip()) <= LONGEST_KEY and _KEY.fullmatch(value.strip()) is not None


def _checked(faults: Faults, before: FieldDefinition | None, members: dict[str, Any]) -> FieldDefinition:
    definition = before or FieldDefinition("", "", Group.BUSINESS, FieldType.STRING)
    checks: dict[str, Any] = {
        "key": field_key,
        "label": lambda value: texts.text(value, field="", label="The label", longest=LONGEST_LABEL),
        "group": lambda value: _one_of(Group, value),
        "type": lambda value: _one_of(FieldType, value),
        "position": lambda value: texts.whole_number(
            value, field="", label="The position", lowest=POSITIONS[0], highest=POSITIONS[1]
        ),
        "choices": _choices,
        "policy": lambda value: _one_of(Policy, value),
        "validators": _validators,
    }
    for name, value in members.items():
        with faults.at(name):
            definition = replace(definition, **{name: checks[name](value) if name in checks else value})
    for name in ("key", "type", "personal") if before is not None else ():
        if getattr(definition, name) != getattr(before, name):
            faults.errors.append(FieldDefinitionError("Key, type and personal flag of a field are fixed.", field=name))
    if not any(fault.field in {"choices", "type"} for fault in faults.errors):
        with faults.at("choices"):
            _check_choices(definition)
    if (
        definition.masked
        and not definition.personal
        and not any(fault.field in {"masked", "personal"} for fault in faults.errors)
    ):
        faults.errors.append(FieldDefinitionError("Only a personal field can be masked.", field="masked"))
    return definition


def _check_choices(definition: FieldDefinition) -> None:
    if (definition.type is FieldType.CHOICE) != bool(definition.choices):
        raise FieldDefinitionError("A field of type choice has choices, and no other has.")


def _one_of(kind: Any, value: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise FieldDefinitionError(f"It is one of {', '.join(kind)}.") from None


def _choices(values: Sequence[str]) -> tuple[str, ...]:
    choices = tuple(texts.text(value, field="", label="A choice", longest=LONGEST_CHOICE) for value in values)
    if len(choices) > MOST_CHOICES or len({texts.folded(choice) for choice in choices}) < len(choices):
        raise FieldDefinitionError(f"At most {MOST_CHOICES} choices, each of them once.")
    return choices


def _validators(values: Sequence[str]) -> tuple[str, ...]:
    if unknown := [name for name in values if name not in VALIDATORS]:
        raise FieldDefinitionError(f"There is no validator {unknown[0][:30]}; there are {', '.join(VALIDATORS)}.")
    return tuple(values)


def _payload(definition: FieldDefinition) -> dict[str, Any]:
    payload = asdict(definition)
    return payload | {
        "group": definition.group.value,
        "type": definition.type.value,
        "policy": definition.policy.value,
        "searchable": definition.searchable or None,
        "choices": list(definition.choices),
        "validators": list(definition.validators),
    }


def _definition(event: FieldDefined | FieldChanged) -> FieldDefinition:
    return FieldDefinition(
        key=event.key,
        label=event.label,
        group=Group(event.group),
        type=FieldType(event.type),
        agent_editable=event.agent_editable,
        position=event.position,
        required=event.required,
        personal=event.personal,
        masked=event.masked,
        choices=tuple(event.choices),
        policy=Policy(event.policy),
        validators=tuple(event.validators),
        active=event.active,
        searchable=bool(event.searchable),
    )
