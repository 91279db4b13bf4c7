"""Merging duplicates: what the survivor takes, what undoing reverts, and that both keep their histories (rule 6.1)."""

from datetime import date, timedelta
from typing import Any

import pytest

from aggregates.customer.merging import MergedAwayError, MergeError, check_not_merged
from aggregates.customer.numbers import AlternateNumbers
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.errors import DomainError
from aggregates.fact import ERASED, MOST_EVENT_BYTES, Fact, Role
from aggregates.setup.category import ProfileCategory
from field_facts import (
    FIELDS,
    brought_back,
    customer_merged,
    customer_unmerged,
    field_edited,
    held,
    merged_away,
    put_back,
    registered_by_row,
    row_uploaded,
    values_put_back,
)
from scenario import (
    COMPANY,
    FROM_TODAY,
    LONG_AGO,
    ORIGIN,
    TODAY,
    alternate_number_added,
    category_defined,
    customer_registered,
    history,
    origin,
    response_at,
    response_cleared,
    response_defined,
    response_selected,
    said,
    state,
    told,
)

APRIL = Days(date(2026, 4, 1), date(2026, 4, 30))
SINCE_LONG = Days(LONG_AGO)
ADA = customer_registered()
BOB = registered_by_row({"city": "Bonn", "first_name": "Bob"}, SINCE_LONG, name="Bob", number="1002")
BOBS_CITY, BOBS_NAME = held("Bonn", SINCE_LONG), held("Bob", SINCE_LONG)
TAKEN = customer_merged("1002", {"city": [BOBS_CITY], "first_name": [BOBS_NAME]})
NAMED_BOB = registered_by_row({"first_name": "Bob"}, name="Bob", number="1002")


def customer(*facts: Fact) -> CustomerProfile:
    found: CustomerProfile = told(*facts)
    return found


def absorbed(one: CustomerProfile, other: CustomerProfile) -> list[Any]:
    """Merges `other` into `one`: what both recorded; replaying it gives the same customers."""
    before = [customer.copy() for customer in (one, other)]
    one.absorb(ORIGIN, other, FIELDS)
    facts = [*one.pending, *other.pending]
    for was, now in zip(before, (one, other), strict=True):
        for fact in now.pending:
            fact.mutate(was)
        assert state(was) == state(now)
    return said(facts)


def released(one: CustomerProfile, other: CustomerProfile, *standing: CustomerProfile) -> list[Any]:
    """Undoes the merge of `other`; `standing` are merged still. Replaying what both recorded gives the same customers."""
    before = [customer.copy() for customer in (one, other)]
    already = [len(customer.pending) for customer in (one, other)]
    one.release(ORIGIN, other, FIELDS, standing)
    facts = [customer.pending[known:] for customer, known in zip((one, other), already, strict=True)]
    for was, now, new in zip(before, (one, other), facts, strict=True):
        for fact in new:
            fact.mutate(was)
        assert state(was) == state(now)
    return said([*facts[0], *facts[1]])


def values(one: CustomerProfile, day: date = TODAY) -> dict[str, str]:
    return {key: line.at(day).value for key, line in one.fields.in_force.items() if line.at(day)}  # type: ignore[union-attr]


# Merging


def test_the_survivor_takes_what_it_has_not_itself_and_both_say_so() -> None:  # rule 6.1
    assert absorbed(customer(ADA), customer(BOB)) == said([TAKEN, merged_away()])
    ada = customer(ADA, TAKEN)
    assert values(ada) == {"city": "Bonn", "first_name": "Bob"}
    assert ada.fields.in_force["city"].at(TODAY).source == "merge"  # type: ignore[union-attr]
    assert ada.names.at(TODAY) == "Ada Byron"


def test_a_personal_value_that_is_taken_stays_sealed() -> None:  # rules 6.1, 5.1
    found = TAKEN.model_dump()
    assert found["fields"].keys() == {"city"}
    assert found["personal_fields_taken"].keys() == {"first_name"}


def test_a_field_that_nobody_knows_is_taken_as_a_personal_one() -> None:  # rule 5.1
    ada, bob = customer(ADA), customer(BOB)
    ada.absorb(ORIGIN, bob, {})
    fact: Any = ada.pending[0]
    assert (fact.fields, fact.personal_fields_taken.keys()) == ({}, {"city", "first_name"})


def test_the_value_of_the_survivor_wins_where_the_field_is_set() -> None:  # rule 6.1
    ada = customer(ADA, field_edited("city", "Köln", SINCE_LONG))
    assert absorbed(ada, customer(BOB)) == said([customer_merged("1002", {"first_name": [BOBS_NAME]}), merged_away()])


def test_on_days_without_a_value_the_survivor_takes_the_others() -> None:  # rules 6.1, 3.11
    ada, bob = customer(ADA, field_edited("city", "Köln", APRIL)), customer(BOB)
    ada.absorb(ORIGIN, bob, FIELDS)
    theirs = bob.fields.at("city", APRIL.first)
    assert theirs is not None
    shown = [
        ada.fields.at("city", day) for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1))
    ]
    assert [one and one.value for one in shown] == [theirs.value, "Köln", "Köln", theirs.value]


def test_a_field_that_the_survivor_took_away_is_not_set() -> None:  # rule 6.1
    ada = customer(ADA, field_edited("city", "Köln"), field_edited("city", None))
    assert absorbed(ada, customer(BOB)) == said([TAKEN, merged_away()])


def test_values_and_responses_are_taken_on_the_days_on_which_they_held() -> None:  # rules 6.1, 3.11
    bob = customer(
        NAMED_BOB,
        field_edited("loan_type", "car", number="1002"),
        field_edited("loan_type", "house", APRIL, number="1002"),
        response_selected("A", number="1002"),
        response_selected("B", first=APRIL.first, last=APRIL.last, number="1002"),
    )
    before, after = Days(TODAY, date(2026, 3, 31)), Days(date(2026, 5, 1))
    loans = [held("car", before), held("house", APRIL), held("car", after)]
    answers = [held("A", before), held("B", APRIL), held("A", after)]
    taken = customer_merged("1002", {"loan_type": loans, "first_name": [held("Bob")]}, {7: answers})
    ada = customer(ADA)
    assert absorbed(ada, bob) == said([taken, merged_away()])
    for day in (date(2026, 3, 9), TODAY, APRIL.first, after.first):
        assert values(ada, day) == values(bob, day)
        assert response_at(ada, 7, day) == response_at(bob, 7, day)


def test_a_response_of_the_survivor_wins() -> None:  # rule 6.1
    bob = customer(NAMED_BOB, response_selected("A", number="1002"))
    ada = customer(ADA, response_selected("B"))
    assert absorbed(ada, bob) == said([customer_merged("1002", {"first_name": [held("Bob")]}), merged_away()])


def test_two_customers_that_have_nothing_are_merged_all_the_same() -> None:  # rule 6.1
    bob = customer(customer_registered("Bob", number="1002"))
    assert absorbed(customer(ADA), bob) == said([customer_merged(), merged_away()])


def test_what_was_erased_is_not_taken() -> None:  # rules 6.1, 5.1
    gone = BOB.model_copy(update={"personal_values": ERASED, "name": ERASED})
    edited = field_edited("last_name", "x", number="1002").model_copy(update={"personal_value": ERASED})
    bob = CustomerProfile.from_facts(history(gone, edited))
    assert absorbed(customer(ADA), bob) == said([customer_merged("1002", {"city": [BOBS_CITY]}), merged_away()])


def test_a_merge_replays_after_the_survivor_was_erased() -> None:  # rule 5.1
    ada = CustomerProfile.from_facts(history(ADA, TAKEN.model_copy(update={"personal_fields_taken": ERASED})))
    assert values(ada) == {"city": "Bonn"}


# Refusals


def merge_refused(one: CustomerProfile, other: CustomerProfile) -> DomainError:
    with pytest.raises(DomainError) as refused:
        one.absorb(ORIGIN, other, FIELDS)
    assert (one.pending, other.pending) == ((), ())
    return refused.value


def test_a_customer_is_not_merged_with_itself() -> None:  # rule 6.1
    error = merge_refused(customer(ADA), customer(ADA))
    assert (type(error), str(error), error.field) == (
        MergeError,
        "A customer cannot be merged with itself.",
        "other",
    )


def test_a_customer_is_merged_once() -> None:  # rule 6.1
    away = customer(BOB, merged_away())
    for one, other in ((customer(ADA), away), (away, customer(ADA))):
        error = merge_refused(one, other)
        assert (type(error), str(error)) == (MergedAwayError, "Customer 1002 was merged into 1001.")
        assert isinstance(error, MergedAwayError)
        assert error.survivor == "1001"


def test_only_a_merge_that_there_is_can_be_undone() -> None:  # rule 6.1
    others = (customer(BOB), customer(BOB, merged_away(survivor="1003")), customer(BOB, merged_away()))
    for ada, bob in zip((customer(ADA, TAKEN), customer(ADA, TAKEN), customer(ADA)), others, strict=True):
        with pytest.raises(MergeError, match=r"^Customer 1002 is not merged into 1001\.$") as refused:
            ada.release(ORIGIN, bob, FIELDS, [])
        assert refused.value.field == "other"
        assert (ada.pending, bob.pending) == ((), ())


# Undoing


def test_undoing_takes_back_what_was_taken_and_brings_the_other_back() -> None:  # rule 6.1
    ada, bob = customer(ADA, TAKEN), customer(BOB, merged_away())
    undone = customer_unmerged("1002", {"city": [held(None, SINCE_LONG)], "first_name": [held(None, SINCE_LONG)]})
    assert released(ada, bob) == said([undone, brought_back()])
    assert values(ada) == {}
    assert (values(bob), bob.merges.survivor) == ({"city": "Bonn", "first_name": "Bob"}, None)
    check_not_merged(bob)


def test_what_was_set_since_the_merge_stays_when_it_is_undone() -> None:  # rule 6.1
    ada = customer(ADA, TAKEN, field_edited("city", "Köln", APRIL), row_uploaded({"first_name": "Eve"}))
    march, may = Days(LONG_AGO, date(2026, 3, 31)), Days(date(2026, 5, 1))
    until_today = Days(LONG_AGO, date(2026, 3, 9))
    undone = {"city": [held(None, march), held(None, may)], "first_name": [held(None, until_today)]}
    assert released(ada, customer(BOB, merged_away())) == said([customer_unmerged("1002", undone), brought_back()])
    assert [values(ada, day) for day in (LONG_AGO, TODAY, APRIL.first)] == [
        {},
        {"first_name": "Eve"},
        {"first_name": "Eve", "city": "Köln"},
    ]


MERGED_ANSWER = customer_merged("1002", {}, {7: [held("A", SINCE_LONG)]})
SINCE: list[Any] = [
    ([], None),
    ([response_selected("B")], "B"),
    ([response_selected("B"), response_selected("A")], "A"),
    ([response_cleared(), response_selected("A")], "A"),
    ([response_selected("B"), response_cleared()], None),
]


@pytest.mark.parametrize(("since", "stays"), SINCE)
def test_an_answer_given_since_the_merge_stays_when_it_is_undone(since: list[Fact], stays: str | None) -> None:
    # rule 6.1
    ada, bob = customer(ADA, MERGED_ANSWER, *since), customer(BOB, merged_away())
    days = Days(LONG_AGO, date(2026, 3, 9)) if since else SINCE_LONG
    undone = customer_unmerged("1002", {}, {7: [held(None, days)]})
    assert released(ada, bob) == said([undone, brought_back()])
    assert (response_at(ada, 7, LONG_AGO), response_at(ada, 7, TODAY)) == (None, stays)


def test_of_two_merges_each_is_undone_alone() -> None:  # rule 6.1
    ada, bob = customer(ADA), customer(BOB)
    carl = customer(registered_by_row({"city": "Hamm", "last_name": "Carl"}, SINCE_LONG, number="1003"))
    ada.absorb(ORIGIN, bob, FIELDS)
    ada.absorb(ORIGIN, carl, FIELDS)
    assert values(ada) == {"city": "Bonn", "first_name": "Bob", "last_name": "Carl"}
    released(ada, bob, carl)
    assert (values(ada), set(ada.merges.absorbed)) == ({"city": "Hamm", "last_name": "Carl"}, {"1003"})
    released(ada, carl)
    assert (values(ada), ada.merges.absorbed) == ({}, {})


def test_a_merge_that_was_undone_can_be_made_again() -> None:  # rule 6.1
    ada, bob = customer(ADA), customer(BOB)
    for _ in range(2):
        ada.absorb(ORIGIN, bob, FIELDS)
        assert values(ada) == {"city": "Bonn", "first_name": "Bob"}
        ada.release(ORIGIN, bob, FIELDS, [])
        assert values(ada) == {}
    bob.absorb(ORIGIN, ada, FIELDS)
    assert ada.merges.survivor == "1002"


def test_both_keep_their_own_history_numbers_and_names() -> None:  # rule 6.1
    ada = customer(ADA, alternate_number_added("A1", primary=True))
    bob = customer(BOB, alternate_number_added("B1", primary=True, number="1002"))
    ada.absorb(ORIGIN, bob, FIELDS)
    assert ([fact.TOPIC for fact in ada.pending], [fact.TOPIC for fact in bob.pending]) == (
        ["customer.merged"],
        ["customer.merged_away"],
    )
    assert (ada.alternate_numbers.numbers, bob.alternate_numbers) == (("A1",), AlternateNumbers("1002", ("B1",), "B1"))
    assert (values(bob), bob.names.at(TODAY)) == ({"city": "Bonn", "first_name": "Bob"}, "Bob")
    assert {fact.originator_id for fact in bob.pending} == {CustomerProfile.id_of(COMPANY, "1002")}


# What comes to light


def carl(*facts: Fact, on: Days = SINCE_LONG) -> CustomerProfile:
    """1003, with a city and the response C on these days."""
    answered = response_selected("C", first=on.first, last=on.last, number="1003")
    return customer(registered_by_row({"city": "Hamm"}, on, number="1003"), answered, *facts)


def bob_and_carl() -> tuple[CustomerProfile, CustomerProfile, CustomerProfile]:
    """1001 without values, 1002 and 1003 with a city and a response each; both are merged into 1001, in this order."""
    answered = response_selected("A", first=LONG_AGO, number="1002")
    ada, bob, cleo = customer(ADA), customer(BOB, answered), carl()
    ada.absorb(ORIGIN, bob, FIELDS)
    ada.absorb(ORIGIN, cleo, FIELDS)
    return ada, bob, cleo


def test_what_another_merge_brings_comes_to_light_when_one_is_undone() -> None:  # rule 6.1
    ada, bob, cleo = bob_and_carl()
    assert (values(ada)["city"], response_at(ada, 7, TODAY)) == ("Bonn", "A")
    gone = customer_unmerged("1002", {"first_name": [held(None, SINCE_LONG)]})
    found = values_put_back("1002", {"city": [put_back("Hamm", SINCE_LONG)]}, {7: [put_back("C", SINCE_LONG)]})
    assert released(ada, bob, cleo) == said([gone, found, brought_back()])
    assert (values(ada), response_at(ada, 7, TODAY)) == ({"city": "Hamm"}, "C")
    released(ada, cleo)
    assert (values(ada), response_at(ada, 7, TODAY), ada.merges.absorbed) == ({}, None, {})


def test_undoing_the_later_merge_leaves_what_the_earlier_one_brought() -> None:  # rule 6.1
    ada, bob, cleo = bob_and_carl()
    assert released(ada, cleo, bob) == said([customer_unmerged("1003"), brought_back("1003")])
    assert (values(ada)["city"], response_at(ada, 7, TODAY)) == ("Bonn", "A")


def test_the_earliest_merge_that_stands_counts_day_by_day() -> None:  # rule 6.1
    ada, bob, cleo = customer(ADA), customer(BOB), carl(on=APRIL)
    dora = customer(registered_by_row({"city": "Ulm"}, SINCE_LONG, number="1004"))
    for other in (bob, cleo, dora):
        ada.absorb(ORIGIN, other, FIELDS)
    released(ada, bob, cleo, dora)
    march, may = date(2026, 3, 31), date(2026, 5, 1)
    assert [values(ada, day)["city"] for day in (march, APRIL.first, may)] == ["Ulm", "Hamm", "Ulm"]
    ada.absorb(ORIGIN, bob, FIELDS)
    released(ada, dora, cleo, bob)
    assert [values(ada, day)["city"] for day in (march, APRIL.first, may)] == ["Bonn", "Hamm", "Bonn"]


def test_what_the_customers_own_file_said_comes_to_light() -> None:  # rules 6.1, 3.10
    """As it was recorded before: a file that says what a merge brought already was withheld."""
    confirmed = row_uploaded({"city": "Bonn", "first_name": "Bob"}, withheld=["city", "first_name"])
    ada, bob = customer(ADA, TAKEN, confirmed), customer(BOB, merged_away())
    until_today = [held(None, Days(LONG_AGO, date(2026, 3, 9)))]
    own = {
        "city": [put_back("Bonn", source="upload", by=None)],
        "first_name": [put_back("Bob", source="upload", by=None)],
    }
    gone = customer_unmerged("1002", {"city": until_today, "first_name": until_today})
    assert released(ada, bob) == said([gone, values_put_back("1002", own), brought_back()])
    assert (values(ada, LONG_AGO), values(ada)) == ({}, {"city": "Bonn", "first_name": "Bob"})
    assert ada.fields.in_force["city"].at(TODAY).source == "upload"  # type: ignore[union-attr]


def test_a_file_that_confirms_what_a_merge_brought_is_the_customers_own() -> None:  # rules 6.1, 3.10
    ada, bob = customer(ADA, TAKEN), customer(BOB, merged_away())
    ada.upload_fields(ORIGIN, {"city": "Bonn"}, FIELDS, FROM_TODAY, upload="U-1", row=1)
    released(ada, bob)
    assert (values(ada, LONG_AGO), values(ada)) == ({}, {"city": "Bonn"})


def test_a_value_taken_away_on_the_survivor_stays_away_whichever_merge_is_undone() -> None:  # rule 6.1
    ada, bob, cleo = bob_and_carl()
    clear(ada, APRIL)
    released(ada, bob, cleo)
    assert [values(ada, day).get("city") for day in (TODAY, APRIL.first, date(2026, 5, 1))] == ["Hamm", None, "Hamm"]
    assert [response_at(ada, 7, day) for day in (TODAY, APRIL.first, date(2026, 5, 1))] == ["C", None, "C"]


def test_a_merge_after_a_value_was_taken_away_brings_one_again() -> None:  # rule 6.1
    ada, bob, cleo = customer(ADA), customer(BOB), carl()
    dora = customer(registered_by_row({"city": "Ulm"}, SINCE_LONG, number="1004"))
    ada.absorb(ORIGIN, bob, FIELDS)
    clear(ada, APRIL)
    ada.absorb(ORIGIN, cleo, FIELDS)
    ada.absorb(ORIGIN, dora, FIELDS)
    assert [values(ada, day)["city"] for day in (TODAY, APRIL.first)] == ["Bonn", "Hamm"]
    released(ada, bob, cleo, dora)
    assert [values(ada, day)["city"] for day in (TODAY, APRIL.first)] == ["Hamm", "Hamm"]
    released(ada, cleo, dora)
    assert [(values(ada, day)["city"], response_at(ada, 7, day)) for day in (TODAY, APRIL.first)] == [("Ulm", None)] * 2


def clear(one: CustomerProfile, days: Days) -> None:
    """Takes the city and the response to category 7 away on these days."""
    one.edit_fields(origin("carl", Role.ADMINISTRATOR), {"city": None}, FIELDS, days, dated=True)
    answers = [ProfileCategory.from_facts(history(category_defined(), response_defined("A"), response_defined("C")))]
    one.confirm_drawer(ORIGIN, answers={7: None}, categories=answers, days=days, dated=True)


def test_what_was_erased_does_not_come_to_light() -> None:  # rules 6.1, 5.1
    ada, bob = customer(ADA), customer(BOB)
    ada.absorb(ORIGIN, bob, FIELDS)
    named = registered_by_row({"city": "Hamm", "first_name": "Cleo"}, SINCE_LONG, number="1003")
    edited = field_edited("first_name", "Cleo", number="1003")
    cleo = customer(named, edited)
    ada.absorb(ORIGIN, cleo, FIELDS)
    erased = [named.model_copy(update={"personal_values": ERASED, "name": ERASED})]
    erased += [edited.model_copy(update={"personal_value": ERASED}), merged_away("1003")]
    released(ada, bob, CustomerProfile.from_facts(history(*erased)))
    assert values(ada) == {"city": "Hamm"}


# Bounded events


def test_a_merge_and_its_undoing_are_as_many_events_as_it_takes() -> None:  # rules 0.11, 6.1
    day = [LONG_AGO + timedelta(offset) for offset in range(1_400)]
    lines = [
        field_edited(key, f"{offset}" + "😀" * 480, Days(one, one), number="1003")
        for offset, one in enumerate(day[:560])
        for key in ("note", "last_name")
    ]
    answered = [response_selected("C", first=one, last=one, number="1003") for one in day]
    cleo = carl(*lines, *answered)
    ada, bob = customer(ADA), customer(NAMED_BOB, field_edited("note", "late", SINCE_LONG, number="1002"))
    ada.absorb(ORIGIN, bob, FIELDS)
    before = len(ada.pending)
    ada.absorb(ORIGIN, cleo, FIELDS)
    ada.release(ORIGIN, bob, FIELDS, [cleo])
    topics = [fact.TOPIC for fact in ada.pending[before:]]
    assert topics == sorted(topics)
    assert {topic: topics.count(topic) > 1 for topic in topics} == {
        "customer.merged": True,
        "customer.unmerged": False,
        "customer.values_put_back": True,
    }
    for fact in ada.pending:
        assert len(fact.model_dump_json().encode()) < MOST_EVENT_BYTES * 3 // 4
    assert ada.fields.in_force["note"].at(day[559]) is not None
    expected = {key: line for key, line in values_by_day(cleo, day).items() if key[0] != "first_name"}
    assert values_by_day(ada, day) == expected
    ada.release(ORIGIN, cleo, FIELDS, [])
    assert set(values_by_day(ada, day).values()) == {None}


def values_by_day(one: CustomerProfile, days: list[date]) -> dict[Any, str | None]:
    """The values of three fields and the response to category 7, by day."""
    found: dict[Any, str | None] = {(7, day): response_at(one, 7, day) for day in days}
    for key in ("city", "note", "last_name"):
        for day in days:
            value = one.fields.at(key, day)
            found[key, day] = None if value is None else value.value
    return found
