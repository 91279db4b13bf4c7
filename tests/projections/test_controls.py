"""System control values and attribute mappings at two clocks (rules 4.1, 4.2)."""

from collections.abc import Callable
from datetime import date

from aggregates.effective import When
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from conftest import TODAY
from projections.controls.queries import control, controls, mappings, mappings_version
from store.application import Dossier

from .fold import in_any_batches, now_known, reading

Ask = Callable[..., Request]


def test_every_control_is_told_with_its_default_while_none_is_set(dossier: Dossier) -> None:
    # rule 4.1
    with reading(dossier, "controls") as view:
        found = controls(view)
    assert [(one.code, one.value, one.default, one.effective_from, one.version) for one in found] == [
        ("K87", "No", True, None, 0),
        ("L37", "", True, None, 0),
        ("L51", "No", True, None, 0),
        ("H95", "Alternate Number", True, None, 0),
        ("TZ", "UTC", True, None, 0),
    ]
    assert found[0].label == "Alternate ID Required for Display Customer Profile"


def test_a_control_that_came_later_is_listed_from_when_the_log_has_a_value_of_it(
    dossier: Dossier, ask: Ask
) -> None:  # rules 0.3, 4.1
    setup.set_control(dossier, ask(), code="L51", value="Yes")
    before = now_known(dossier)
    setup.introduce_controls(dossier, ask())
    assert not setup.introduce_controls(dossier, ask()).changed
    with reading(dossier, "controls", known_at=before) as view:
        assert "agents_start_interactions" not in {one.code for one in controls(view)}
        unlisted = control(view, "agents_start_interactions")
    assert unlisted is not None
    assert (unlisted.value, unlisted.default) == ("No", True)
    with reading(dossier, "controls") as view:
        listed = next(one for one in controls(view) if one.code == "agents_start_interactions")
    assert (listed.value, listed.default) == ("No", False)


def test_a_control_has_the_value_in_force_on_the_day(dossier: Dossier, ask: Ask) -> None:
    # rules 0.3, 4.1
    setup.set_control(dossier, ask(), code="L37", value="INTERACT")
    known = now_known(dossier)
    setup.set_control(dossier, ask(), code="L37", value="SALES", when=When(date(2030, 1, 1)))
    setup.set_control(dossier, ask(), code="L51", value="Yes")
    with reading(dossier, "controls") as view:
        one, other = control(view, "l37"), control(view, "L51")
    assert one is not None
    assert other is not None
    assert (one.value, one.default, one.effective_from, one.effective_to) == (
        "INTERACT",
        False,
        TODAY,
        date(2029, 12, 31),
    )
    assert (one.version, other.version, other.value) == (3, 3, "Yes")
    with reading(dossier, "controls", valid_at=date(2030, 1, 1)) as view:
        later = control(view, "L37")
    with reading(dossier, "controls", valid_at=date(2030, 1, 1), known_at=known) as view:
        before = control(view, "L37")
    assert later is not None
    assert before is not None
    assert (later.value, before.value, before.version) == ("SALES", "INTERACT", 1)


def test_a_blank_that_was_set_is_no_default(dossier: Dossier, ask: Ask) -> None:
    setup.set_control(dossier, ask(), code="L37", value="INTERACT")
    setup.set_control(dossier, ask(), code="L37", value="")
    with reading(dossier, "controls") as view:
        found = control(view, "L37")
    assert found is not None
    assert (found.value, found.default) == ("", False)


def test_there_is_no_other_control(dossier: Dossier) -> None:
    with reading(dossier, "controls") as view:
        assert control(view, "Z1") is None


def test_mappings_are_told_as_known_then_in_order(dossier: Dossier, ask: Ask) -> None:
    # rule 4.2
    for code in (10, 9):
        setup.define_category(dossier, ask(), code=code, description=f"Category {code}")
        setup.map_category(dossier, ask(), code=code, attribute=f"attribute.{code}")
    known = now_known(dossier)
    setup.unmap_category(dossier, ask(), code=9)
    setup.map_category(dossier, ask(), code=10, attribute="ten")
    with reading(dossier, "controls", known_at=known) as view:
        assert [(row.mapped, row.attribute) for row in mappings(view)] == [
            ("category:9", "attribute.9"),
            ("category:10", "attribute.10"),
        ]
        assert mappings_version(view) == 2
    with reading(dossier, "controls") as view:
        assert [(row.mapped, row.attribute) for row in mappings(view)] == [("category:10", "ten")]
        assert mappings_version(view) == 4
        assert controls(view)[0].version == 0


def test_any_batches_give_the_same_tables(dossier: Dossier, ask: Ask) -> None:
    setup.define_category(dossier, ask(), code=7, description="Age")
    for value, first in (("INTERACT", TODAY), ("SALES", date(2030, 1, 1)), ("", date(2027, 1, 1)), ("SALES", TODAY)):
        setup.set_control(dossier, ask(), code="L37", value=value, when=When(first))
        setup.map_category(dossier, ask(), code=7, attribute=f"a{value}")
    setup.unmap_category(dossier, ask(), code=7)
    one_by_one, uneven, at_once = in_any_batches(dossier, "controls")
    assert one_by_one == uneven == at_once
