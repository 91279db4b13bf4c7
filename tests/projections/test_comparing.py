"""A rebuild that is compared reports every row that differs, and swaps on demand only (rules 2.20, 5.1)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from aggregates.account.commands import assign_class, create_site, open_account
from aggregates.account.place import Place
from aggregates.customer.commands import confirm_drawer, register_customer, rename_customer
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import When
from aggregates.interaction.field_edits import edit_fields
from aggregates.profile_class.commands import found_company
from aggregates.setup.commands import define_category, define_response, set_control
from aggregates.use_case import Request
from business_fields import standard_fields, upload_row
from conftest import TODAY
from counting import Counting, add_other, installed, register, register_at_once, rows, state
from projections import catalogue
from projections.engine import folding, positions
from projections.engine import rebuild as rebuilding
from projections.engine.comparison import RowDifference
from projections.engine.rebuild import NotComparableError, rebuild
from read_models import fold_log
from store.application import Dossier

Ask = Callable[..., Request]


def compared(dossier: Dossier, projection: Any, *, swap: bool = False) -> list[RowDifference]:
    """What a comparison reports."""
    found: list[RowDifference] = []
    report = rebuild(dossier, projection, lambda *_: None, found.append, swap=swap)
    assert (report.differences, report.swapped) == (len(found), swap)
    return found


@pytest.fixture
def counting(dossier: Dossier, ask: Ask) -> Counting:
    """A read model over twenty customers, caught up."""
    counting = installed(dossier)
    register_at_once(dossier, ask(), 1, 10)
    register(dossier, ask(), 11, 10)
    fold_log(dossier, counting)
    return counting


def spoil(dossier: Dossier, *statements: str) -> None:
    with dossier.database.connection() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_every_row_that_differs_is_reported_and_nothing_is_swapped(dossier: Dossier, counting: Counting) -> None:
    assert compared(dossier, counting) == []
    spoil(
        dossier,
        "UPDATE counted SET number = 'spoilt' WHERE position = 3",
        "DELETE FROM counted WHERE position = 12",
        "INSERT INTO counted VALUES (99, 'nobody')",
    )
    spoilt = rows_as_they_are(dossier)
    assert compared(dossier, counting) == [
        RowDifference("counted", {"position": "12"}, None, {"number": "12"}),
        RowDifference("counted", {"position": "3"}, {"number": "spoilt"}, {"number": "3"}),
        RowDifference("counted", {"position": "99"}, {"number": "nobody"}, None),
    ]
    assert (rows_as_they_are(dossier), state(dossier)["generation"]) == (spoilt, 1)
    assert state(dossier)["rebuild_position"] is None
    assert len(compared(dossier, counting, swap=True)) == 3
    assert (len(rows(dossier)), state(dossier)["generation"]) == (20, 2)
    assert compared(dossier, counting) == []


def rows_as_they_are(dossier: Dossier) -> list[Any]:
    with dossier.database.connection() as connection:
        return connection.execute("SELECT * FROM counted ORDER BY position").fetchall()


def test_both_are_compared_at_the_position_of_the_one_in_use(
    dossier: Dossier, ask: Ask, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "BATCH_EVENTS", 10)
    monkeypatch.setattr(rebuilding, "SWAP_WITHIN", 5)
    add_other(dossier, ask(), 5)
    register(dossier, ask(), 21, 7)  # not folded: the read model in use is behind the log
    assert compared(dossier, counting) == []
    assert len(rows(dossier)) == 20
    assert compared(dossier, counting, swap=True) == []
    assert len(rows(dossier)) == 27


def test_events_that_are_folded_meanwhile_do_not_count_as_differences(
    dossier: Dossier, ask: Ask, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = rebuilding.compare

    def late(*arguments: Any) -> int:
        register(dossier, ask(), 21, 3)
        fold_log(dossier, Counting(dossier))  # the runner goes on while rows are compared
        return compare(*arguments)

    monkeypatch.setattr(rebuilding, "compare", late)
    assert compared(dossier, counting) == []
    assert len(rows(dossier)) == 23


def test_tables_of_another_version_are_not_compared(dossier: Dossier, counting: Counting) -> None:
    with dossier.database.connection() as connection:
        connection.execute("UPDATE projections SET shape = 'other' WHERE name = 'counting'")
    with pytest.raises(NotComparableError, match="another version"):
        compared(dossier, counting)
    assert state(dossier)["rebuild_position"] is None
    with dossier.database.connection() as connection:
        assert positions.place(connection, "counting").generation == 1


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """Customers with names, responses and fields, an erased one among them; an account and a site."""
    found_company(dossier, ask())
    standard_fields(dossier)
    define_category(dossier, ask(), code=7, description="Age", required=False)
    define_response(dossier, ask(), code=7, response="A", description="Under 30")
    set_control(dossier, ask(), code="K87", value="Yes")
    upload_row(dossier, "1001", {"first_name": "Ada", "date_of_birth": "18151210", "loan_type": "Car"})
    for number in ("1002", "1003"):
        register_customer(dossier, ask(), number=number, name=f"Person {number}", alternate_number=f"A{number}")
        edit_fields(dossier, ask(), number=number, fields={"last_name": "Ray", "city": "Rome"})
        confirm_drawer(dossier, ask(), number=number, responses={7: "A"})
    rename_customer(dossier, ask(), number="1002", name="Grace", when=When(TODAY + timedelta(days=9)))
    open_account(dossier, ask(), account="A-7", customer="1001", start=TODAY)
    create_site(dossier, ask(), account="A-7", site="S-1")
    assign_class(dossier, ask(), Place("A-7", "S-1"), profile_class="DEFAULT", when=When(TODAY), create=True)
    for projection in catalogue.projections(dossier):
        fold_log(dossier, projection)
    dossier.fact_mapper.keys.destroy(CustomerProfile.id_of(dossier.company, "1003"))
    return dossier


def test_what_was_sealed_or_erased_is_no_difference(company: Dossier) -> None:  # rule 5.1
    assert {projection.name: compared(company, projection) for projection in catalogue.projections(company)} == {
        projection.name: [] for projection in catalogue.projections(company)
    }


def test_a_personal_value_that_differs_is_reported_and_masked(company: Dossier) -> None:  # rules 5.1, 5.2
    spoil(
        company,
        "UPDATE drawer_names SET name = NULL WHERE number = '1002'",
        "UPDATE field_values SET value = 'Bonn' WHERE number = '1002' AND field = 'city'",
        "UPDATE field_values SET personal = NULL WHERE number = '1001' AND field = 'date_of_birth'",
        "UPDATE history SET personal = NULL, actor = 'eve' WHERE key = '1001'",
        "UPDATE customer_names SET tokens = '' WHERE number = '1001'",
    )
    found = {
        projection.name: [(row.in_use, row.made_anew) for row in compared(company, projection)]
        for projection in catalogue.projections(company)
    }
    masked = {"name": "••••"}
    assert (
        found.pop("drawer") == [(masked, masked)] * 3
    )  # two names, and the first one as it was known before the second
    assert found.pop("customers") == [({"tokens": "••••"}, {"tokens": "••••"})]
    assert sorted(found.pop("fields"), key=str) == [
        ({"personal": "••••"}, {"personal": "••••"}),
        ({"value": "Bonn"}, {"value": "Rome"}),
    ]
    assert found.pop("history") == [({"actor": "eve", "personal": None}, {"actor": "clerk", "personal": "••••"})]
    assert all(rest == [] for rest in found.values())
