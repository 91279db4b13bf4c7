"""`SystemControls`: each control, its allowed values, and its days."""

import zoneinfo
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from aggregates.effective import Days
from aggregates.setup.controls import CONTROLS, ControlNotFoundError, ControlValueError, SystemControls, control
from aggregates.setup.zones import zone_of
from aggregates.texts import TextError
from scenario import COMPANY, FROM_TODAY, ORIGIN, TODAY, control_set, given, given_no, told

YESTERDAY = date(2026, 3, 9)
NEXT_MONTH = date(2026, 4, 1)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
YES_OR_NO = "The value must be Yes or No."
ZONE = "The value must be the name of a time zone, like Europe/Paris."
NO_ZONES = ("localtime", "Factory", "posix/Europe/Paris", "right/UTC", "europe/paris", "tzdata.zi", "")


def test_the_controls_carry_their_labels() -> None:  # rule 4.1
    assert {code: control.label for code, control in CONTROLS.items()} == {
        "K87": "Alternate ID Required for Display Customer Profile",
        "L37": "ORCE Customer Integration",
        "L51": "Send Profile Data to ORCE",
        "H95": "Label of the alternate number",
        "TZ": "Time zone of the company",
        "agents_start_interactions": "Agents start interactions of their own",
    }


@pytest.mark.parametrize(
    ("code", "given_value", "value"),
    [
        ("K87", "Yes", "Yes"),
        ("k87", " y ", "Yes"),
        ("L51", "TRUE", "Yes"),
        ("L37", "interact", "INTERACT"),
        ("L37", "SALES", "SALES"),
        ("H95", " Membership number ", "Membership number"),
        ("TZ", "Europe/Paris", "Europe/Paris"),
        ("Agents_Start_Interactions", "y", "Yes"),
    ],
)
def test_a_control_value_is_set(code: str, given_value: str, value: str) -> None:  # rule 4.1
    given_no(SystemControls, COMPANY).when(lambda it: it.set_value(ORIGIN, code, given_value, FROM_TODAY)).then(
        control_set(control(code).code, value)
    )


@pytest.mark.parametrize(
    ("code", "value", "error", "text"),
    [
        ("K87", "maybe", ControlValueError, YES_OR_NO),
        ("L51", "", ControlValueError, YES_OR_NO),
        ("agents_start_interactions", "some", ControlValueError, YES_OR_NO),
        ("L37", "ORCE", ControlValueError, "The value must be blank, INTERACT or SALES."),
        ("H95", "", TextError, "The label must have 1 to 30 characters."),
        *(("TZ", name, ControlValueError, ZONE) for name in ("Paris", *NO_ZONES)),
    ],
)
def test_a_value_that_the_control_cannot_have_is_refused(
    code: str, value: str, error: type[ControlValueError], text: str
) -> None:  # rule 4.1
    given_no(SystemControls, COMPANY).when(lambda it: it.set_value(ORIGIN, code, value, FROM_TODAY)).then_refused(
        error, text, ("value",)
    )


def test_a_control_that_is_not_defined_is_refused() -> None:  # rule 4.1
    given_no(SystemControls, COMPANY).when(lambda it: it.set_value(ORIGIN, "X1", "Yes", FROM_TODAY)).then_refused(
        ControlNotFoundError, "System control X1 is not defined."
    )


def test_setting_the_value_that_holds_already_records_nothing() -> None:  # rule 0.5
    given(control_set("K87", "Yes", YESTERDAY)).when(
        lambda it: it.set_value(ORIGIN, "K87", "yes", FROM_TODAY)
    ).then_nothing()


def test_a_value_that_is_to_hold_longer_is_recorded() -> None:  # rule 2.11
    given(control_set("K87", "Yes", YESTERDAY, TODAY)).when(
        lambda it: it.set_value(ORIGIN, "K87", "Yes", FROM_TODAY)
    ).then(control_set("K87", "Yes", TODAY))


def test_the_blank_integration_can_be_set_back() -> None:  # rule 4.1
    given(control_set("L37", "INTERACT", YESTERDAY)).when(lambda it: it.set_value(ORIGIN, "L37", " ", FROM_TODAY)).then(
        control_set("L37", "")
    )


def test_a_control_may_be_back_dated_and_future_dated() -> None:  # rule 0.4
    earlier = Days(date(2025, 1, 1), date(2025, 6, 30))
    given(control_set("L51", "Yes", NEXT_MONTH)).when(lambda it: it.set_value(ORIGIN, "L51", "Yes", earlier)).then(
        control_set("L51", "Yes", date(2025, 1, 1), date(2025, 6, 30))
    )


def test_a_value_may_leave_later_ones_alone() -> None:  # rule 2.11
    given(control_set("L51", "Yes", NEXT_MONTH)).when(
        lambda it: it.set_value(ORIGIN, "L51", "No", FROM_TODAY, keep_later=True)
    ).then(control_set("L51", "No", TODAY, date(2026, 3, 31)))


def test_the_value_of_a_day_is_the_one_in_force_on_it() -> None:  # rule 4.1, rule 0.3
    controls = told(control_set("K87", "Yes", YESTERDAY), control_set("K87", "No", NEXT_MONTH))
    assert controls.value("K87", YESTERDAY) == "Yes"
    assert controls.value("k87", TODAY) == "Yes"
    assert controls.value("K87", NEXT_MONTH) == "No"


@pytest.mark.parametrize(
    ("code", "default"),
    [
        ("K87", "No"),
        ("L37", ""),
        ("L51", "No"),
        ("H95", "Alternate Number"),
        ("TZ", "UTC"),
        ("agents_start_interactions", "No"),
    ],
)
def test_a_control_that_was_never_set_has_its_default(code: str, default: str) -> None:  # rule 4.1
    assert SystemControls.new(COMPANY, COMPANY).value(code, TODAY) == default
    assert told(control_set(code, "Yes", NEXT_MONTH)).value(code, TODAY) == default


def test_the_time_zone_of_a_day_is_the_control_value() -> None:  # rule 0.3
    controls = told(control_set("TZ", "Europe/Paris"))
    assert controls.zone(TODAY).key == "Europe/Paris"
    assert controls.zone(YESTERDAY).key == "UTC"
    assert controls.warnings(TODAY) == []


@pytest.mark.parametrize("name", ["Mars/Olympus", "Factory", "posix/Nowhere", "/etc/passwd", "../zones", ""])
def test_a_stored_zone_that_there_is_not_stops_nothing_and_is_told(name: str) -> None:  # rule 0.10
    controls = told(control_set("TZ", name))
    assert NOON.astimezone(controls.zone(TODAY)) == NOON
    [warning] = controls.warnings(TODAY)
    assert warning.startswith(f"{name} is not a time zone of the tz database")


def test_zones_are_the_same_on_every_machine(tmp_path: Path) -> None:  # rule 0.10
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Paris").write_bytes(files("tzdata").joinpath("zoneinfo", "UTC").read_bytes())
    zoneinfo.reset_tzpath([str(tmp_path)])
    zone_of.cache_clear()
    try:
        assert NOON.astimezone(zone_of("Europe/Paris")).hour == 13
    finally:
        zoneinfo.reset_tzpath()
