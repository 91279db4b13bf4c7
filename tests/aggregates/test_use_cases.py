"""What all use cases share: all or nothing, nothing recorded when nothing changes, expected versions, idempotency keys, lost races."""

from datetime import date
from typing import Any

import pytest

import profile_facts as facts
from aggregates.account import commands as account
from aggregates.account.place import Place
from aggregates.aggregate import Aggregate
from aggregates.customer import commands as customer
from aggregates.customer import unmasking_commands as unmasking
from aggregates.customer.profile import CustomerNotFoundError, CustomerProfile
from aggregates.errors import DomainError, StaleVersionError
from aggregates.fact import Fact
from aggregates.field import commands as field
from aggregates.interaction import commands as interaction
from aggregates.interaction import field_edits
from aggregates.profile_class import commands as profile_class
from aggregates.setup import commands as setup
from aggregates.setup.category import CategoryNotFoundError
from aggregates.upload import commands as upload
from aggregates.use_case import MOST_ATTEMPTS, BusyError, IdempotencyKey, KeyReusedError, Outcome, Request
from field_facts import customer_merged, field_defined, interaction_started, merged_away, upload_received
from profile_facts import (
    REQUIRED,
    account_assigned,
    account_opened,
    class_changed,
    class_defined,
    profile,
    site_assigned,
    site_created,
    terms,
    told_by,
)
from scenario import (
    ORIGIN,
    TODAY,
    alternate_number_added,
    attribute_mapped,
    category_changed,
    category_defined,
    control_set,
    customer_registered,
    customer_renamed,
    primary_changed,
    response_defined,
    response_selected,
    said,
)

from .memory_store import MemoryStore

REQUEST = Request(ORIGIN, TODAY)


def keyed(key: str = "k1", digest: bytes = b"body", actor: str = "ann") -> Request:
    return Request(ORIGIN, TODAY, idempotency=IdempotencyKey(actor, key, digest))


def expecting(version: int) -> Request:
    return Request(ORIGIN, TODAY, expected_versions=frozenset({version}))


AGE = {"code": 7, "description": "Age"}
YOUNG = {"code": 7, "response": "A", "description": "Under 30"}
CATEGORY = (category_defined(), response_defined())
BOB = customer_registered("Bob", number="1002")
ADA = (customer_registered(), alternate_number_added("A1", primary=True), alternate_number_added("A2"))

DEFAULT = (class_defined(),)
RATED = terms(credit_rating="AA")
CHANGED_DEFAULT = (*DEFAULT, class_changed("DEFAULT", RATED, "options.credit_rating", apply_to="all"))
A7 = (account_opened(), account_assigned(profile(told_by(facts.A7, 2))))
S1 = (site_created(), site_assigned(profile(told_by(facts.S1, 2))))

# Each use case once: what it records with its defaults

RECORDS: list[Any] = [
    (setup.define_category, AGE, (), (category_defined(),)),
    (setup.change_category, {"code": 7, "active": False}, CATEGORY, (category_changed(active=False),)),
    (setup.define_response, YOUNG, CATEGORY[:1], (response_defined(),)),
    (setup.set_control, {"code": "k87", "value": "yes"}, (), (control_set("K87", "Yes", TODAY),)),
    (setup.map_category, {"code": 7, "attribute": "age"}, CATEGORY, (attribute_mapped(),)),
    (customer.rename_customer, {"number": "1001", "name": "Ada King"}, ADA, (customer_renamed("Ada King", TODAY),)),
    (
        customer.add_alternate_number,
        {"number": "1001", "alternate_number": "a3"},
        ADA,
        (alternate_number_added("A3"),),
    ),
    (
        customer.make_alternate_number_primary,
        {"number": "1001", "alternate_number": "a2"},
        ADA,
        (primary_changed("A2", "A1"),),
    ),
    (
        customer.confirm_drawer,
        {"number": "1001", "responses": {7: "A"}},
        (*ADA, *CATEGORY),
        (response_selected("A", first=TODAY),),
    ),
]


@pytest.mark.parametrize(
    ("use_case", "arguments", "before", "facts"), RECORDS, ids=lambda it: getattr(it, "__name__", "")
)
def test_a_use_case_records_from_today_on_and_is_quiet_the_second_time(
    use_case: Any, arguments: dict[str, Any], before: tuple[Fact, ...], facts: tuple[Fact, ...]
) -> None:  # rule 0.5, rule 1.15
    store = MemoryStore(*before)
    outcome = use_case(store, REQUEST, **arguments)
    assert said(store.recorded) == said(facts)
    assert outcome == Outcome(True, store.recorded[-1].originator_version, len(store.facts))
    if not use_case.__name__.startswith("define"):
        again = use_case(store, REQUEST, **arguments)
        assert again == Outcome(False, outcome.version, None)
        assert len(store.recorded) == len(facts)


UNKNOWN_CUSTOMER: list[Any] = [
    (customer.rename_customer, {"name": "Ada"}),
    (customer.add_alternate_number, {"alternate_number": "A1"}),
    (customer.make_alternate_number_primary, {"alternate_number": "A1"}),
    (customer.remove_alternate_number, {"alternate_number": "A1"}),
    (customer.confirm_drawer, {"responses": {}}),
]


@pytest.mark.parametrize(("use_case", "arguments"), UNKNOWN_CUSTOMER, ids=lambda it: getattr(it, "__name__", ""))
def test_a_customer_that_does_not_exist_is_not_found(use_case: Any, arguments: dict[str, Any]) -> None:  # rule 0.6
    with pytest.raises(CustomerNotFoundError, match=r"^Customer 9 does not exist\.$"):
        use_case(MemoryStore(), REQUEST, number="9", **arguments)


UNKNOWN_CATEGORY: list[Any] = [
    (setup.change_category, {"active": False}),
    (setup.define_response, {"response": "A", "description": "Under 30"}),
    (setup.change_response, {"response": "A", "active": False}),
    (setup.map_category, {"attribute": "age"}),
]


@pytest.mark.parametrize(("use_case", "arguments"), UNKNOWN_CATEGORY, ids=lambda it: getattr(it, "__name__", ""))
def test_a_category_that_does_not_exist_is_not_found(use_case: Any, arguments: dict[str, Any]) -> None:  # rule 1.1
    with pytest.raises(CategoryNotFoundError, match=r"^Category 6 is not defined\.$"):
        use_case(MemoryStore(*CATEGORY), REQUEST, code=6, **arguments)


# Expected versions


STALE: list[Any] = [
    (setup.define_category, AGE, ()),
    (setup.change_category, {"code": 7, "active": False}, CATEGORY),
    (setup.define_response, YOUNG, CATEGORY[:1]),
    (setup.change_response, {"code": 7, "response": "A", "active": False}, CATEGORY),
    (setup.set_control, {"code": "K87", "value": "Yes"}, ()),
    (setup.map_category, {"code": 7, "attribute": "age"}, CATEGORY),
    (setup.unmap_category, {"code": 7}, (attribute_mapped(),)),
    (customer.register_customer, {"number": "1001", "name": "Ada"}, ()),
    (customer.rename_customer, {"number": "1001", "name": "Ada"}, ADA),
    (customer.add_alternate_number, {"number": "1001", "alternate_number": "A3"}, ADA),
    (customer.make_alternate_number_primary, {"number": "1001", "alternate_number": "A2"}, ADA),
    (customer.remove_alternate_number, {"number": "1001", "alternate_number": "A2"}, ADA),
    (customer.confirm_drawer, {"number": "1001", "responses": {}}, ADA),
    (customer.erase_customer, {"number": "1001"}, ADA),
    (setup.introduce_controls, {}, ()),
    (setup.change_system_options, {"options": {"collector": "EU-1"}}, ()),
    (profile_class.define_class, {"name": "Late", "description": "Late payers", "options": REQUIRED}, ()),
    (profile_class.change_class, {"name": "DEFAULT", "description": "Other"}, DEFAULT),
    (profile_class.found_company, {}, ()),
    (profile_class.start_propagation, {"name": "DEFAULT", "version": 2}, CHANGED_DEFAULT),
    (account.open_account, {"account": "A-7", "customer": "1001"}, (*DEFAULT, *ADA)),
    (account.create_site, {"account": "A-7", "site": "S-1"}, A7),
    (account.assign_class, {"place": Place("A-7"), "profile_class": "DEFAULT"}, (*DEFAULT, *A7)),
    (account.update_profile, {"place": Place("A-7"), "options": {"risk_code": "R2"}}, A7),
    (account.end_site_profile, {"place": Place("A-7", "S-1")}, (*A7, *S1)),
    (setup.map_field, {"key": "city", "attribute": "town"}, (field_defined(),)),
    (setup.unmap_field, {"key": "city"}, (attribute_mapped("field:city"),)),
    (customer.merge_customers, {"number": "1001", "other": "1002"}, (*ADA, BOB)),
    (customer.unmerge_customers, {"number": "1001", "other": "1002"}, (*ADA, customer_merged(), BOB, merged_away())),
    (field.define_field, {"key": "city", "members": {"label": "City"}}, ()),
    (field.change_field, {"key": "city", "changes": {"label": "Town"}}, (field_defined(),)),
    (
        interaction.start_interaction,
        {"interaction": "I-1", "customer": "1001", "agent": "ann"},
        (*ADA, control_set("agents_start_interactions", "Yes")),
    ),
    (interaction.end_interaction, {"interaction": "I-1"}, (interaction_started(),)),
    (interaction.close_interaction, {"interaction": "I-1"}, (interaction_started(),)),
    (upload.save_mapping, {"name": "crm", "columns": {"Town": "city"}}, (field_defined(),)),
    (upload.cancel_upload, {"upload": "U-1"}, (upload_received(),)),
]
NOT_COMPARED = {"edit_fields", "define_standard_field", "show_masked", "refuse_masked_edit", "receive_upload"}
"""The first compares field by field (rule 3.7); the others change nothing that a caller can have seen."""


@pytest.mark.parametrize(("use_case", "arguments", "before"), STALE, ids=lambda it: getattr(it, "__name__", ""))
def test_every_use_case_refuses_a_version_that_is_not_the_last(
    use_case: Any, arguments: dict[str, Any], before: tuple[Fact, ...]
) -> None:  # rule 0.7
    store = MemoryStore(*before)
    with pytest.raises(StaleVersionError):
        use_case(store, expecting(99), **arguments)
    assert store.recorded == []


def test_every_use_case_is_in_the_table_of_expected_versions() -> None:  # rule 0.7
    modules = (setup, customer, unmasking, profile_class, account, field, interaction, field_edits, upload)
    found = {name for module in modules for name, one in vars(module).items() if hasattr(one, "__wrapped__")}
    assert found == {use_case.__name__ for use_case, *_ in STALE} | NOT_COMPARED


def test_the_version_that_the_caller_saw_is_accepted() -> None:  # rule 0.7
    outcome = customer.rename_customer(MemoryStore(*ADA), expecting(3), number="1001", name="Ada King")
    assert outcome.version == 4


# Idempotency keys


def rename(store: MemoryStore, request: Request, name: str = "Ada King") -> Outcome:
    return customer.rename_customer(store, request, number="1001", name=name)


def test_the_same_key_and_body_get_the_first_answer_again() -> None:  # rule 0.7
    store = MemoryStore(*ADA)
    first = rename(store, keyed())
    rename(store, REQUEST, "Ada Lovelace")
    assert rename(store, keyed()) == first
    assert said(store.recorded) == said([customer_renamed("Ada King"), customer_renamed("Ada Lovelace")])


def test_a_quiet_command_is_answered_the_same_again() -> None:  # rule 0.5, rule 0.7
    store = MemoryStore(*ADA)
    first = rename(store, keyed(), "Ada Byron")
    rename(store, REQUEST, "Ada King")
    assert first == rename(store, keyed(), "Ada Byron") == Outcome(False, 3, None)


def test_the_same_key_with_another_body_is_refused() -> None:  # rule 0.7
    store = MemoryStore(*ADA)
    rename(store, keyed())
    with pytest.raises(KeyReusedError):
        rename(store, keyed(digest=b"other"), "Ada Lovelace")
    assert len(store.recorded) == 1


def test_keys_of_different_actors_never_meet() -> None:  # rule 0.7
    store = MemoryStore(*ADA)
    rename(store, keyed())
    rename(store, keyed(actor="eve", digest=b"other"), "Ada Lovelace")
    assert len(store.recorded) == 2


def test_a_refused_command_leaves_its_key_free() -> None:  # rule 0.7
    store = MemoryStore(*ADA)
    with pytest.raises(DomainError):
        rename(store, keyed(digest=b"other"), "")
    assert rename(store, keyed()).changed


# Lost races


def test_a_lost_race_is_decided_anew() -> None:  # rule 0.6
    store = MemoryStore(*ADA)
    store.meanwhile = [lambda: rename(store, REQUEST, "Ada Lovelace")]
    assert rename(store, REQUEST) == Outcome(True, 5, 5)
    assert said(store.recorded) == said([customer_renamed("Ada Lovelace"), customer_renamed("Ada King")])


def test_a_lost_race_for_the_same_change_is_quiet() -> None:  # rule 0.5
    store = MemoryStore(*ADA)
    store.meanwhile = [lambda: rename(store, REQUEST)]
    assert rename(store, REQUEST) == Outcome(False, 4, None)


def test_a_lost_race_is_not_decided_anew_on_an_expected_version() -> None:  # rule 0.7
    store = MemoryStore(*ADA)
    store.meanwhile = [lambda: rename(store, REQUEST, "Ada Lovelace")]
    with pytest.raises(StaleVersionError, match=r"^Changed by ann at 2026-03-10T12:00:00\+00:00: version 4, not 3\.$"):
        rename(store, expecting(3))
    assert said(store.recorded) == said([customer_renamed("Ada Lovelace")])


def test_a_command_that_loses_every_race_gives_up() -> None:  # rule 0.6
    store = MemoryStore(*ADA)

    def interfere(name: str) -> Any:
        return lambda: store.facts.append(_next(store, name))

    store.meanwhile = [interfere(f"Ada {number}") for number in range(MOST_ATTEMPTS)]
    with pytest.raises(BusyError, match=r"Nothing was stored; try again\.$"):
        rename(store, REQUEST)
    assert len(store.recorded) == MOST_ATTEMPTS


def _next(store: MemoryStore, name: str) -> Fact:
    ada: Aggregate | None = store.load(CustomerProfile, "1001")
    assert ada is not None
    return customer_renamed(name, date(2026, 3, 1)).model_copy(update={"originator_version": ada.version + 1})
