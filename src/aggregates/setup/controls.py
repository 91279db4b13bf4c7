"""`SystemControls`: the company's system control values, effective-dated (rule 4.1), and what each of them may be."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aggregates import texts
from aggregates.aggregate import Aggregate, applies
from aggregates.effective import EVER, Days, Timeline
from aggregates.errors import InvalidError, NotFoundError
from aggregates.fact import Origin
from aggregates.setup.events import ControlValueSet
from aggregates.setup.zones import is_zone, unknown_zone, zone_of

YES: Final = "Yes"
NO: Final = "No"
_YES_WORDS: Final = {"yes", "y", "true", "1"}
_NO_WORDS: Final = {"no", "n", "false", "0"}


class ControlNotFoundError(NotFoundError):
    """There is no system control with this code."""


class ControlValueError(InvalidError):
    """The control cannot have this value."""


@dataclass(frozen=True, slots=True)
class Control:
    """A system control: its code, what it is for, the value while none is set, and how a value is read.

    `since_recorded`: it came after companies had been founded. Answers of before must not change (rule 0.3), so it is listed from when
    the log has a value of it; `introduce_controls` records the default.
    """

    code: str
    label: str
    default: str
    read: Callable[[str], str]
    since_recorded: bool = False


def _yes_or_no(value: str) -> str:
    word = value.strip().lower()
    if word in _YES_WORDS:
        return YES
    if word in _NO_WORDS:
        return NO
    raise ControlValueError("The value must be Yes or No.", field="value")


def _integration(value: str) -> str:
    word = value.strip().upper()
    if word not in {"", "INTERACT", "SALES"}:
        raise ControlValueError("The value must be blank, INTERACT or SALES.", field="value")
    return word


def _label(value: str) -> str:
    return texts.text(value, field="value", label="The label", longest=30)


def _zone(value: str) -> str:
    if not is_zone(value.strip()):
        raise ControlValueError("The value must be the name of a time zone, like Europe/Paris.", field="value")
    return value.strip()


K87: Final = "K87"
L37: Final = "L37"
L51: Final = "L51"
H95: Final = "H95"
TIME_ZONE: Final = "TZ"
AGENTS_START: Final = "agents_start_interactions"
CONTROLS: Final = {
    control.code: control
    for control in (
        Control(K87, "Alternate ID Required for Display Customer Profile", NO, _yes_or_no),
        Control(L37, "ORCE Customer Integration", "", _integration),
        Control(L51, "Send Profile Data to ORCE", NO, _yes_or_no),
        Control(H95, "Label of the alternate number", "Alternate Number", _label),
        Control(TIME_ZONE, "Time zone of the company", "UTC", _zone),
        Control(AGENTS_START, "Agents start interactions of their own", NO, _yes_or_no, since_recorded=True),
    )
}
"""Every system control there is, in order of display."""
_BY_WORD: Final = {code.casefold(): control for code, control in CONTROLS.items()}


def control(code: str) -> Control:
    """The control with this code, whatever its case. Raises `ControlNotFoundError`."""
    definition = _BY_WORD.get(code.strip().casefold())
    if definition is None:
        raise ControlNotFoundError(f"System control {code} is not defined.")
    return definition


class SystemControls(Aggregate):
    """The control values of one company. There is one aggregate a company; its key is the company itself."""

    KIND: ClassVar[str] = "controls"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.values: dict[str, Timeline[str]] = {}

    def value(self, code: str, day: date) -> str:
        """Returns the value in force on `day`, or the control's default."""
        definition = control(code)
        value = self.values.get(definition.code, Timeline()).at(day)
        return definition.default if value is None else value

    def zone(self, day: date) -> ZoneInfo:
        """The company's time zone."""
        return zone_of(self.value(TIME_ZONE, day))

    def warnings(self, day: date) -> list[str]:
        """Texts for operators on what is wrong with the values in force and does not stop anything: a time zone that there is not."""
        unknown = unknown_zone(self.value(TIME_ZONE, day))
        return [] if unknown is None else [unknown]

    def set_value(self, origin: Origin, code: str, value: str, days: Days, *, keep_later: bool = False) -> None:
        """Sets a value for `days`; records nothing when those days have it already."""
        definition = control(code)
        value = definition.read(value)
        values = self.values.get(definition.code, Timeline())
        days = values.until_next(days) if keep_later else days
        if not values.says(days, value):
            self.record(
                ControlValueSet,
                origin,
                code=definition.code,
                value=value,
                effective_from=days.first,
                effective_to=days.last,
            )

    def introduce(self, origin: Origin) -> None:
        """Records the default of every control that came later and has no value yet, for all days."""
        for definition in CONTROLS.values():
            if definition.since_recorded and definition.code not in self.values:
                self.set_value(origin, definition.code, definition.default, EVER)

    @applies(ControlValueSet)
    def _value_set(self, event: ControlValueSet) -> None:
        self.values[event.code] = self.values.get(event.code, Timeline()).supersede(event.days, event.value)
