"""A dry run reports the result of an upload and records nothing (rule 3.2)."""

import random
from datetime import date
from hashlib import sha256
from typing import Any, Final

import pytest

from aggregates.customer.commands import merge_customers, register_customer
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import When
from aggregates.errors import RefusedError
from aggregates.interaction.field_edits import edit_fields
from conftest import TODAY
from jobs.upload import run
from jobs.upload.dry_run import MOST_ERRORS, DryRun, DryRunner
from jobs.upload.progress import State
from jobs.upload.receive import Reading, as_received
from store.application import Dossier
from upload_helpers import COLUMNS, HEADER, customer, fields, request, uploaded, wrong

DAYS: Final = ("effective_from", "effective_to")
COMPARED: Final = ("state", "refusal", "rows", "new", "changed", "unchanged", "failed", "columns", *DAYS)


def tried(dossier: Dossier, content: str | bytes, columns: dict[str, str] | None = None, **more: Any) -> DryRun:
    """What an upload of this file would come to."""
    encoded = content.encode() if isinstance(content, str) else content
    reading = Reading("contacts.csv", columns=columns or COLUMNS, **more)
    digest = sha256(encoded).hexdigest()
    received = as_received(dossier, request(), reading, size=len(encoded), digest=digest)
    trying = DryRunner(dossier, received, lambda: iter([encoded]))
    list(trying.chunks())
    return trying.result()


def tables(dossier: Dossier) -> dict[str, Any]:
    """How many rows every table of the company has."""
    with dossier.database.connection() as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [dossier.database.schema]
        ).fetchall()
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone() for (name,) in names}


def same_as_an_upload(
    dossier: Dossier, content: str | bytes, columns: dict[str, str] | None = None, **more: Any
) -> DryRun:
    """The dry run, which recorded nothing and came to what the upload then comes to."""
    before = tables(dossier)
    dry = tried(dossier, content, columns, **more)
    assert tables(dossier) == before
    real = uploaded(dossier, content, columns, **more)
    assert {name: getattr(dry, name) for name in COMPARED} == {name: getattr(real, name) for name in COMPARED}
    assert dry.errors == wrong(dossier, real)
    return dry


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows at once, so that rows meet customers of the chunks before."""
    monkeypatch.setattr(run, "CHUNK", 2)


def test_a_dry_run_has_the_counts_and_errors_of_the_upload_and_records_nothing(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier, pin={"label": "PIN", "group": "business", "type": "integer", "personal": True, "masked": True})
    for number in ("1", "2", "3"):
        register_customer(dossier, request(), number=number, name="Bo", alternate_number=f"B{number}")
    merge_customers(dossier, request(), number="1", other="2")
    register_customer(dossier, request(), number="9", name="Gone")
    dossier.fact_mapper.keys.destroy(customer(dossier, "9").id)
    columns = COLUMNS | {"pin": "pin"}
    content = (
        "id,alt,first,town,due,pin\n2,,Bo,Rome,,\n1,,,Rome,,\n1,,,Oslo,,x1\n,b1,,Oslo,,\n7,N7,Ada,,,\n8,N7,Cy,,,\n"
        ",n7,,Bern,,\n7,,Ada,Bern,never,\n,,Di,,,\n3,B1,,,,\n1 2,B3,,,,\n9,,Eve,,,\n7,,Ada\n,,,,,\n7,,Ada,Bern,,\n"
    )
    dry = same_as_an_upload(dossier, content, columns)
    assert (dry.new, dry.changed, dry.failed) == (2, 3, 8)
    again = same_as_an_upload(dossier, content, columns)
    assert again.new == 0


def test_random_files_come_to_the_same_in_a_dry_run(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    chance = random.Random(20_260_310)
    for last_day in (None, date(2026, 11, 30), None, date(2026, 12, 24), None, TODAY):
        edit = chance.choice(["1", "2", "3"])
        if dossier.load(CustomerProfile, edit):
            edit_fields(dossier, request(), number=edit, fields={"city": chance.choice(["Rome", "Oslo"])})
        rows = [
            ",".join(
                chance.choice(cells)
                for cells in (
                    ["", "1", "2", "3", "x y"],
                    ["", "A1", "A2"],
                    ["", "Ada"],
                    ["Rome", "Oslo"],
                    ["", "never"],
                )
            )
            for _ in range(chance.randrange(1, 14))
        ]
        same_as_an_upload(dossier, HEADER + "".join(f"{row}\n" for row in rows), when=When(effective_to=last_day))


def test_a_file_that_would_be_refused_says_so_with_the_rows_before(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    dry = same_as_an_upload(dossier, HEADER.encode() + b"1,,Ada,,\n2,,Bea,,\n3,,Cy,,\n4,,\xff,,\n")
    assert (dry.state, dry.rows, dry.new) == (State.REFUSED, 3, 3)
    assert same_as_an_upload(dossier, "id\n1\n").refusal
    assert same_as_an_upload(dossier, '{"id": 1}\n').refusal


def test_what_is_wrong_with_the_request_refuses_a_dry_run_too(dossier: Dossier) -> None:  # rule 0.12
    fields(dossier)
    with pytest.raises(RefusedError):
        tried(dossier, "", {"a": "colour", "b": "shape"})


def test_errors_beyond_a_bound_are_counted(dossier: Dossier, monkeypatch: pytest.MonkeyPatch) -> None:
    fields(dossier)
    monkeypatch.setattr(run, "CHUNK", 500)
    dry = tried(dossier, HEADER + "x y,,,,\n" * (MOST_ERRORS + 3))
    assert (dry.failed, len(dry.errors), dry.errors_left_off) == (MOST_ERRORS + 3, MOST_ERRORS, 3)


def test_a_customer_that_a_clerk_changes_meanwhile_does_not_end_a_dry_run(dossier: Dossier) -> None:
    fields(dossier)
    register_customer(dossier, request(), number="1", name="Ada")
    content = (HEADER + "1,,Ada,Rome,\n2,,,,\n1,,,Oslo,\n").encode()
    received = as_received(dossier, request(), Reading("c", columns=COLUMNS), size=len(content), digest="0" * 64)
    trying = DryRunner(dossier, received, lambda: iter([content]))
    chunks = trying.chunks()
    assert next(chunks) == 2
    edit_fields(dossier, request(), number="1", fields={"city": "Pisa"})
    assert list(chunks) == [3]
    assert trying.result().changed == 2
