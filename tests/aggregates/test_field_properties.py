"""Random histories of business fields, against plain models: uploading twice, merging and undoing, replaying."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Role
from aggregates.field.field import Policy
from field_facts import FIELDS
from scenario import COMPANY, origin, state

BASE: Final = date(2026, 1, 1)
HORIZON: Final = 12
KEYS: Final = ("city", "score", "note", "first_name")
"""Fields of the policies newest, upload and agent, and a personal one."""
WHO: Final = origin("carl", Role.ADMINISTRATOR)
ALL_DAYS: Final = [BASE + timedelta(offset) for offset in range(HORIZON + 1)]
quick = settings(deadline=None, database=None, max_examples=150)

VALUES: Final = st.dictionaries(st.sampled_from(KEYS), st.sampled_from("123"), min_size=1)
EDITS: Final = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["1", "2", "3", None]), min_size=1)
DAYS: Final = st.builds(
    lambda first, length: Days(
        BASE + timedelta(first), None if length is None else BASE + timedelta(min(first + length, HORIZON - 1))
    ),
    st.integers(0, HORIZON - 1),
    st.none() | st.integers(0, 5),
)
UPLOAD: Final = st.tuples(st.just("upload"), VALUES, DAYS)
EDIT: Final = st.tuples(st.just("edit"), EDITS, DAYS)
STEPS: Final = st.lists(UPLOAD | EDIT, max_size=6)


def registered(number: str = "1001") -> CustomerProfile:
    found = CustomerProfile.new(COMPANY, number)
    found.register(WHO, number=number, name="Ada", days=Days(BASE))
    return found


def take(one: CustomerProfile, steps: Sequence[Any]) -> CustomerProfile:
    """The customer after these steps."""
    for kind, values, days in steps:
        if kind == "upload":
            one.upload_fields(WHO, values, FIELDS, days, upload="U-1", row=1)
        else:
            one.edit_fields(WHO, values, FIELDS, days, dated=True)
    return one


def values(one: CustomerProfile) -> dict[tuple[str, date], str | None]:
    """Every value on every day."""
    found = {(key, day): one.fields.at(key, day) for key in KEYS for day in ALL_DAYS}
    return {place: held and held.value for place, held in found.items()}


@quick
@given(STEPS)
def test_a_customer_that_is_replayed_is_the_one_that_lived(steps: list[Any]) -> None:  # rules 3.11, 0.3
    lived = take(registered(), steps)
    assert state(CustomerProfile.from_facts(lived.pending)) == state(lived)


@quick
@given(STEPS, UPLOAD, EDIT)
def test_the_same_row_twice_is_the_same_row_once_also_after_an_edit(steps: list[Any], row: Any, edit: Any) -> None:
    # rules 3.2, 3.10
    one = take(registered(), [*steps, row])
    before = one.version
    take(one, [row])
    assert one.version == before
    take(one, [edit])
    edited = values(one)
    take(one, [row])
    always = {key for key in row[1] if FIELDS[key].policy is Policy.UPLOAD}
    for (key, day), value in edited.items():
        assert values(one)[key, day] == (row[1][key] if key in always and day in row[2] else value)


@quick
@given(STEPS, STEPS)
def test_undoing_a_merge_gives_both_customers_as_they_were(ones: list[Any], others: list[Any]) -> None:  # rule 6.1
    one, other = take(registered(), ones), take(registered("1002"), others)
    before = values(one), values(other)
    one.absorb(WHO, other, FIELDS)
    for place, value in values(one).items():
        mine, theirs = (known[place] for known in before)
        assert value == (theirs if mine is None else mine)
    assert values(other) == before[1]
    one.release(WHO, other, FIELDS, [])
    assert (values(one), values(other)) == before
    assert state(CustomerProfile.from_facts(one.pending)) == state(one)


@quick
@given(STEPS, STEPS, STEPS)
def test_what_was_set_since_a_merge_stays_when_it_is_undone(ones: Any, others: Any, since: Any) -> None:  # rule 6.1
    one, other = take(registered(), ones), take(registered("1002"), others)
    one.absorb(WHO, other, FIELDS)
    merged = next(fact.event_id for fact in one.pending if fact.TOPIC == "customer.merged")
    take(one, since)
    before = {(key, day): one.fields.at(key, day) for key in KEYS for day in ALL_DAYS}
    one.release(WHO, other, FIELDS, [])
    for (key, day), held in before.items():
        expected = None if held is None or held.event_id == merged else held
        assert one.fields.at(key, day) == expected
