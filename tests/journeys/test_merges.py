"""Real duplicates are merged and separated again: every read model gives the same answers as before (rule 6.1)."""

import re
import time
from collections import defaultdict
from typing import Any, Final

import pytest
from benchmarks.contacts import lines

from aggregates.customer.commands import confirm_drawer, merge_customers, unmerge_customers
from aggregates.customer.merging import MergedAwayError
from aggregates.setup import commands as setup
from conftest import TODAY
from contact_files import DATA
from projections.answers.widget import widget
from projections.catalogue import projections
from projections.customers.queries import customer
from projections.drawer.queries import drawer
from projections.reading.read_models import ReadModels
from read_models import fold_log
from store.application import Dossier
from upload_helpers import counts, fields, request, uploaded

FEBRL3: Final = DATA / "febrl3.csv"
COLUMNS: Final = {
    "rec_id": "customer_number",
    "given_name": "first_name",
    "surname": "last_name",
    "address_1": "address",
    "suburb": "city",
    "date_of_birth": "date_of_birth",
    "soc_sec_id": "loan_number",
}
PEOPLE: Final = 400
"""Of those in the file, so many are merged with their duplicates."""
READ: Final = ("customers", "fields", "drawer")
CLOCKS: Final = {"version", "known_at"}
"""What differs although nothing that a user sees does: merge and un-merge are facts themselves."""
PERSON: Final = re.compile(r"rec-(\d+)-(org|dup-\d+)")


def contacts() -> bytes:
    """The real file, else one of the same shape: three rows a person, two of them with another one's mess."""
    if FEBRL3.exists():
        return FEBRL3.read_bytes()
    header, *rows = list(lines(900))
    told = [
        re.sub(r"^rec-\d+-org", f"rec-{at // 3}-{'org' if at % 3 == 0 else f'dup-{at % 3}'}", row)
        for at, row in enumerate(rows)
    ]
    return "".join([header, *told]).encode()


def fold(dossier: Dossier) -> None:
    """Brings the read models to the end of the log."""
    for projection in projections(dossier):
        if projection.name in READ:
            fold_log(dossier, projection)


def told_of(models: ReadModels, numbers: list[str]) -> dict[str, list[Any]]:
    """What the read models say of these customers."""
    with models.view(*READ, valid_at=TODAY) as view:
        return {
            number: [
                found.model_dump(exclude=CLOCKS) if (found := query(view, number)) else None
                for query in (customer, widget, drawer)
            ]
            for number in numbers
        }


@pytest.mark.timeout(600)
def test_real_duplicates_are_merged_by_person_and_separated_again(dossier: Dossier) -> None:  # rule 6.1
    fields(dossier)
    setup.define_category(dossier, request(), code=7, description="Age")
    setup.define_response(dossier, request(), code=7, response="A", description="Young")
    done = uploaded(dossier, contacts(), COLUMNS)
    print(f"{'febrl3.csv' if FEBRL3.exists() else 'generated'}: {counts(done)} (new, changed, unchanged, failed)")
    fold(dossier)
    models = ReadModels(dossier, projections(dossier))
    with dossier.database.connection() as connection:
        numbers = [number for (number,) in connection.execute("SELECT number FROM customers ORDER BY number")]
    people: dict[str, list[str]] = defaultdict(list)
    for number in sorted(numbers, key=lambda one: (not one.endswith("org"), one)):
        found = PERSON.fullmatch(number)
        assert found is not None
        people[found[1]].append(number)
    people = dict(list(people.items())[:PEOPLE])
    numbers = [number for group in people.values() for number in group]
    duplicates = [(first, other) for first, *others in people.values() for other in others]
    assert len(duplicates) > 500
    for _, other in duplicates[::10]:
        confirm_drawer(dossier, request(), number=other, responses={7: "A"})
    fold(dossier)
    before = told_of(models, numbers)

    began = time.monotonic()
    for survivor, other in duplicates:
        merge_customers(dossier, request(), number=survivor, other=other)
    print(f"{len(duplicates)} merges in {time.monotonic() - began:.1f} s")
    fold(dossier)
    with models.view(*READ, valid_at=TODAY) as view:
        gained = 0
        for first, *others in people.values():
            found_customer, found_widget, found_drawer = (query(view, first) for query in (customer, widget, drawer))
            assert found_customer is not None
            assert found_customer.aliases == sorted(others)
            told = [one.model_dump(exclude=CLOCKS | {"aliases"}) for one in (found_widget, found_drawer) if one]
            gained += told != [one for one in before[first][1:] if one]
            assert found_widget is not None
            values = {one.key: one.value for one in found_widget.fields}
            assert all(values[one["key"]] == one["value"] for one in _fields(before[first]) if one["value"] is not None)
        for survivor, other in duplicates[::25]:
            with pytest.raises(MergedAwayError, match=f"{other} was merged into {survivor}"):
                widget(view, other)
    print(f"{gained} of {len(people)} people gained something from a duplicate")
    assert gained > len(duplicates) // 20

    for survivor, other in duplicates:
        unmerge_customers(dossier, request(), number=survivor, other=other)
    fold(dossier)
    assert told_of(models, numbers) == before
    models.close()


def _fields(told: list[Any]) -> list[dict[str, Any]]:
    """All fields of the widget among what was told."""
    shown = told[1]
    return [*shown["business"]["fields"], *(shown.get("optional") or {"fields": []})["fields"]]
