"""Uploading contact files: rows are matched and applied exactly once, and errors are reported (rules 3.2, 3.9, 3.10, 5.1, 6.1)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from prometheus_client import REGISTRY

from aggregates.customer.commands import (
    add_alternate_number,
    merge_customers,
    register_customer,
    remove_alternate_number,
)
from aggregates.effective import Days, When
from aggregates.fact import Fact, Role, Source
from aggregates.field.commands import change_field
from aggregates.field.field import MASK
from aggregates.interaction.field_edits import edit_fields
from aggregates.upload.mapping import ColumnError
from aggregates.upload.upload import Upload, UploadOverError
from conftest import TODAY, environment
from jobs.pipeline import write
from jobs.upload import records, staging
from jobs.upload import run as uploading
from jobs.upload.cancel import cancel
from jobs.upload.progress import State, upload
from jobs.upload.receive import Reading, Receiving
from jobs.upload.run import TakenOverError
from jobs.upload.worker import UploadWorker
from store.application import Dossier
from store.command import Command
from store.keys import KeyRing
from store.stopping import Stop
from upload_helpers import (
    HEADER,
    StopAfter,
    counts,
    customer,
    end,
    facts_of,
    fields,
    receive,
    request,
    run,
    uploaded,
    values,
    wrong,
)

ONE_DAY = timedelta(days=1)
TWO = HEADER + "1001,,Ada,Rome,2026-12-01\n1002,,Grace,Oslo,\n"


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows a transaction."""
    monkeypatch.setattr(uploading, "CHUNK", 2)


# Matching


def test_rows_make_customers_with_their_values(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    done = uploaded(dossier, TWO)
    assert (done.state, counts(done), done.percent) == (State.FINISHED, (2, 0, 0, 0), 100)
    assert values(dossier, "1001") == {"first_name": "Ada", "city": "Rome", "due_date": "2026-12-01"}
    assert values(dossier, "1002") == {"first_name": "Grace", "city": "Oslo"}
    assert customer(dossier, "1001").names.at(TODAY) == "Ada"


def test_facts_are_those_of_who_uploaded_with_the_correlation_of_the_upload(dossier: Dossier) -> None:  # rule 0.2
    fields(dossier)
    by = request("mia", Role.INTEGRATOR, reason="Autumn campaign")
    run(dossier, receive(dossier, TWO, by=by))
    [received] = facts_of(dossier, "upload.received")
    made = facts_of(dossier, "customer.registered", "upload.finished")
    assert len(made) == 3
    assert {(one.origin.actor, one.origin.role, one.origin.source, one.origin.reason) for one in made} == {
        ("mia", Role.INTEGRATOR, Source.UPLOAD, "Autumn campaign")
    }
    assert {one.origin.correlation_id for one in made} == {by.origin.correlation_id}
    assert {one.origin.causation_id for one in made} == {received.event_id}


def test_the_same_file_twice_changes_nothing(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    content = HEADER + "1001,A1,Ada,Rome,\n,B2,Grace,Oslo,\n,,Mary,Bern,\n"
    assert counts(uploaded(dossier, content)) == (3, 0, 0, 0)
    before = end(dossier)
    assert counts(uploaded(dossier, content)) == (0, 0, 3, 0)
    assert [one.TOPIC for one in facts_of(dossier) if one][-2:] == ["upload.received", "upload.finished"]
    assert end(dossier) == before + 2


def test_a_row_is_matched_by_customer_number_else_by_alternate_number_else_it_is_new(
    dossier: Dossier,
) -> None:  # rule 3.2
    fields(dossier)
    register_customer(dossier, request(), number="1001", name="Ada Byron")
    register_customer(dossier, request(), number="1002", name="Grace Hopper", alternate_number="G7")
    done = uploaded(dossier, HEADER + "1001,,Ada,Rome,\n,g7,Grace,Oslo,\n,X9,Mary,Bern,\n")
    assert counts(done) == (1, 2, 0, 0)
    assert values(dossier, "1001")["city"] == "Rome"
    assert values(dossier, "1002")["city"] == "Oslo"
    assert customer(dossier, "1001").names.at(TODAY) == "Ada Byron"
    [made] = [one for one in facts_of(dossier, "customer.registered") if one.upload]
    assert made.number == f"U-{done.digest[:16]}-L4"
    assert customer(dossier, made.number).alternate_numbers.primary == "X9"


def test_an_alternate_number_of_the_row_becomes_the_customers(dossier: Dossier) -> None:  # rules 1.14, 3.2
    fields(dossier)
    register_customer(dossier, request(), number="1001", name="Ada", alternate_number="A1")
    assert counts(uploaded(dossier, HEADER + "1001,A2,,,\n1001,A2,,,\n")) == (0, 1, 1, 0)
    assert customer(dossier, "1001").alternate_numbers.numbers == ("A1", "A2")
    assert customer(dossier, "1001").alternate_numbers.primary == "A1"
    register_customer(dossier, request(), number="1002", name="Grace")
    with pytest.raises(Exception, match="Alternate number A2 is already in use"):
        add_alternate_number(dossier, request(), number="1002", alternate_number="A2")
    remove_alternate_number(dossier, request(), number="1001", alternate_number="A2")
    assert counts(uploaded(dossier, HEADER + "1002,A2,,,\n")) == (0, 1, 0, 0)


def test_an_alternate_number_of_somebody_else_fails_the_row(dossier: Dossier) -> None:  # rule 1.14
    fields(dossier)
    register_customer(dossier, request(), number="1001", name="Ada", alternate_number="A1")
    done = uploaded(dossier, HEADER + "1002,A1,Grace,Oslo,\n1003,B1,Mary,Bern,\n1004,B1,Joan,Riga,\n")
    assert counts(done) == (1, 0, 0, 2)
    assert [(one.row, one.field, one.value, one.reason) for one in wrong(dossier, done)] == [
        (1, "alternate_number", "A1", "Alternate number A1 is already in use."),
        (3, "alternate_number", "B1", "Alternate number B1 is already in use."),
    ]


def test_rows_of_one_customer_follow_each_other(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    content = HEADER + "1001,,Ada,Rome,\n1001,,Ada,Oslo,\n1001,,Ada,Oslo,\n,N1,Mary,Bern,\n,N1,Mary,Riga,\n"
    assert counts(uploaded(dossier, content)) == (2, 2, 1, 0)
    assert values(dossier, "1001")["city"] == "Oslo"
    assert len(facts_of(dossier, "customer.fields_uploaded")) == 2


@pytest.mark.usefixtures("small_chunks")
def test_rows_of_one_customer_follow_each_other_from_one_transaction_to_the_next(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    register_customer(dossier, request(), number="7", name="Bo", alternate_number="B7")
    content = (
        HEADER + "1,,Ada,Rome,\n2,,Di,,\n1,,,Oslo,\n7,,,Riga,\n1,,,Bern,\n,b7,,Pisa,\n3,N3,,,\n4,,,,\n,N3,Joan,,\n"
    )
    assert counts(uploaded(dossier, content)) == (4, 5, 0, 0)
    assert [values(dossier, number).get("city") for number in ("1", "7")] == ["Bern", "Pisa"]
    assert values(dossier, "3") == {"first_name": "Joan"}


def test_a_customer_that_was_merged_away_leads_to_its_survivor(dossier: Dossier) -> None:  # rule 6.1
    fields(dossier)
    for number, alternate in (("1001", "A1"), ("1002", "A2"), ("1003", "A3")):
        register_customer(dossier, request(), number=number, name="Ada", alternate_number=alternate)
    merge_customers(dossier, request(), number="1002", other="1003")
    merge_customers(dossier, request(), number="1001", other="1002")
    done = uploaded(dossier, HEADER + "1003,,,Rome,\n,A2,,Oslo,\n1002,A3,,Bern,\n")
    assert counts(done) == (0, 3, 0, 0)
    assert values(dossier, "1001")["city"] == "Bern"
    assert [one.number for one in facts_of(dossier, "customer.fields_uploaded")] == ["1001"] * 3


def test_the_same_file_changes_nothing_after_its_duplicates_were_merged(dossier: Dossier) -> None:  # rules 3.2, 6.1
    fields(dossier)
    content = HEADER + "1001,,Ada,Rome,\n1002,,Adah,Roma,\n"
    uploaded(dossier, content)
    merge_customers(dossier, request(), number="1001", other="1002")
    assert counts(uploaded(dossier, content)) == (0, 0, 2, 0)
    assert values(dossier, "1001")["city"] == "Rome"
    assert counts(uploaded(dossier, content.replace("Roma", "Bern"))) == (0, 1, 1, 0)
    assert values(dossier, "1001")["city"] == "Bern"


# What is wrong


def test_good_rows_go_in_although_others_fail_and_every_fault_is_told(dossier: Dossier) -> None:  # rules 3.2, 3.9
    fields(dossier, mail={"label": "Mail", "group": "business", "type": "email", "required": True})
    columns = {"id": "customer_number", "first": "first_name", "due": "due_date", "mail": "mail"}
    content = (
        "id,first,due,mail\n1001,Ada,2026-12-01,ada@example.com\n1 2,Bob,tomorrow,bob\n1003,Cy,,\n1004,Di,\n,,,\n"
        "1005,Ed,20261224,ed@example.com\n"
    )
    done = uploaded(dossier, content, columns)
    assert counts(done) == (2, 0, 0, 4)
    assert [(one.row, one.field, one.value) for one in wrong(dossier, done)] == [
        (2, "customer_number", "1 2"),
        (2, "due_date", "tomorrow"),
        (2, "mail", "bob"),
        (3, "mail", None),
        (4, None, None),
        (5, None, None),
    ]
    reasons = [one.reason for one in wrong(dossier, done)]
    assert reasons[0] == "The customer number must have 1 to 30 letters, digits or hyphens."
    assert reasons[1:4] == [
        "Due Date must be a date like 2026-11-22.",
        "Mail must be an e-mail address.",
        "Mail must have a value.",
    ]
    assert reasons[4:] == ["The row has 3 cells, not 4 like the first.", "None of the mapped columns has a value."]
    assert values(dossier, "1005")["due_date"] == "2026-12-24"


def test_a_file_that_cannot_be_read_on_is_refused_and_the_rows_before_stay(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    done = uploaded(dossier, HEADER.encode() + b"1001,,Ada,Rome,\n1002,,Gr\xffce,Oslo,\n")
    assert (done.state, counts(done)) == (State.REFUSED, (1, 0, 0, 0))
    assert done.refusal is not None
    assert done.refusal.startswith("Line 3 is not UTF-8.")
    assert values(dossier, "1001")["city"] == "Rome"
    assert facts_of(dossier, "upload.refused")[0].rows == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04rest", "a ZIP archive"),
        (b"id,town\n\x00\x01", "binary"),
        ("id,town\n1,Rome\n".encode("utf-16"), "UTF-16"),
        (b"id,id\n1,2\n", "have the same name"),
        (b"a,b\n1,2\n", "None of the mapped columns"),
        (b"id,city\n1,Rome\n", "has no column town"),
        (b'{"id": 1}\n', "No line has a member town"),
        (b'id,town\n1,"Rome\n', "never closed"),
        (b"id,town\n1," + b"x" * 3_000_000, "longer than"),
    ],
)
def test_hostile_files_get_one_clear_answer_and_the_next_file_goes_in(
    dossier: Dossier, content: bytes, words: str
) -> None:  # rule 3.2
    fields(dossier)
    columns = {"id": "customer_number", "town": "city"}
    done = uploaded(dossier, content, columns)
    assert done.state is State.REFUSED
    assert words in (done.refusal or "")
    assert counts(uploaded(dossier, "id,town\n7,Rome\n", columns)) == (1, 0, 0, 0)


def test_a_field_that_is_not_active_any_more_refuses_the_file(dossier: Dossier) -> None:  # rule 3.1
    fields(dossier)
    waiting = receive(dossier, TWO)
    change_field(dossier, request(), key="city", changes={"active": False})
    done = run(dossier, waiting)
    assert (done.state, done.refusal, done.rows) == (State.REFUSED, "Field city is no longer active.", 0)


def test_a_column_of_no_field_is_refused_before_a_byte_is_taken(dossier: Dossier) -> None:
    fields(dossier)
    with pytest.raises(ColumnError, match="There is no field colour"):
        receive(dossier, TWO, {"id": "colour"})
    with dossier.database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM uploads").fetchone() == (0,)


def test_a_file_without_the_key_column_makes_no_customers(dossier: Dossier) -> None:  # rules 0.9, 3.2
    fields(dossier)
    columns = {"Customer": "customer_number", "Town": "city"}
    for content in ("nr,Town\n1001,Rome\n1002,Oslo\n", '{"nr": 1001, "Town": "Rome"}\n'):
        done = uploaded(dossier, content, columns)
        assert (done.state, done.rows) == (State.REFUSED, 0)
        assert "Customer" in (done.refusal or "")
    assert counts(uploaded(dossier, "customer,TOWN\u200b\n1001,Rome\n", columns)) == (1, 0, 0, 0)
    assert values(dossier, "1001") == {"city": "Rome"}


def test_half_a_character_fails_its_row_and_no_other(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    content = '{"id": 1001, "town": "Rome"}\n{"id": 1002, "town": "\\ud800"}\n{"id": 1003, "town": "Oslo"}\n'
    done = uploaded(dossier, content, {"id": "customer_number", "town": "city"})
    assert (done.state, counts(done)) == (State.FINISHED, (2, 0, 0, 1))
    assert [(one.row, one.reason.partition(" (")[0]) for one in wrong(dossier, done)] == [
        (2, "town contains half of a character")
    ]


# Customers without a number


NAMELESS = "Name,Town\nAda,Rome\n\nGrace,Oslo\n"
LAYOUTS: dict[str, dict[str, Any]] = {
    "by position": {"columns": {"1": "name"}},
    "by name": {"columns": {"Name": "name", "Town": "city"}},
    "by another position": {"columns": {"2": "city", "1": "first_name"}},
    "with a delimiter": {"columns": {"1": "name"}, "delimiter": "|"},
    "position and header": {"columns": {"Name": "first_name"}, "header": True},
}


@pytest.mark.parametrize("first", ["by position", "by name"])
def test_the_same_file_read_otherwise_writes_nobodys_values_onto_another(
    dossier: Dossier, first: str
) -> None:  # rule 3.2
    fields(dossier)
    for layout in (LAYOUTS[first], *LAYOUTS.values()):
        uploaded(dossier, NAMELESS, **layout)
    digest = upload(dossier, receive(dossier, NAMELESS)).digest[:16]
    towns = {line: values(dossier, f"U-{digest}-L{line}").get("city") for line in (2, 4)}
    assert towns == {2: "Rome", 4: "Oslo"}
    for line, name in ((2, "Ada"), (4, "Grace")):
        assert values(dossier, f"U-{digest}-L{line}")["first_name"] == name


@pytest.mark.parametrize(("header", "columns"), [(1, {"Name": "name"}), (0, {"1": "name"})])
def test_customers_that_were_numbered_by_row_once_are_met_again_by_every_layout(
    dossier: Dossier, header: int, columns: dict[str, str]
) -> None:  # rule 3.2
    fields(dossier)
    refused = _received_by_row(dossier, NAMELESS, {"None": "name"})
    before = _received_by_row(dossier, NAMELESS, columns)
    assert run(dossier, refused).rows == 0
    digest = run(dossier, before).digest[:16]
    made = [one.number for one in facts_of(dossier, "customer.registered")]
    numbers = {"Ada": f"U-{digest}-{2 - header}", "Grace": f"U-{digest}-{3 - header}"}
    assert set(numbers.values()) <= set(made)
    for layout in LAYOUTS.values():
        uploaded(dossier, NAMELESS, **layout)
    assert values(dossier, numbers["Ada"])["city"] == "Rome"
    assert values(dossier, numbers["Grace"])["city"] == "Oslo"
    new = {one.number for one in facts_of(dossier, "customer.registered")} - set(made)
    assert new <= {f"U-{digest}-{1 - header}"}  # the header, where it was read as a row for the first time
    assert counts(uploaded(dossier, NAMELESS, **LAYOUTS["by name"]))[:2] == (0, 0)


def _received_by_row(dossier: Dossier, content: str, columns: dict[str, str]) -> UUID:
    """A file as it was received when customers were numbered by row."""
    incoming = Receiving(dossier, Reading("contacts.csv", columns=columns))
    incoming.write(content.encode())
    new = Upload.new(dossier.company, str(incoming.upload))
    new.receive(
        request().origin,
        upload=str(incoming.upload),
        file="contacts.csv",
        size=len(content.encode()),
        digest=incoming.end(),
        columns=columns,
        delimiter=None,
        header=None,
        days=Days(TODAY),
    )
    dossier.put([fact.model_copy(update={"numbered_by": None}) for fact in new.collect_events()])
    return incoming.upload


# Policies


def test_an_agents_edit_stands_against_the_same_file_and_gives_way_to_news(dossier: Dossier) -> None:  # rules 3.2, 3.10
    fields(dossier)
    uploaded(dossier, TWO)
    edit_fields(dossier, request(), number="1001", fields={"city": "Pisa"})
    assert counts(uploaded(dossier, TWO)) == (0, 0, 2, 0)
    assert values(dossier, "1001")["city"] == "Pisa"
    assert counts(uploaded(dossier, TWO.replace("Rome", "Lucca"))) == (0, 1, 1, 0)
    assert values(dossier, "1001")["city"] == "Lucca"


def test_what_an_edit_withholds_is_no_change_of_the_customer(dossier: Dossier) -> None:  # rule 3.10
    fields(dossier)
    uploaded(dossier, TWO)
    change_field(dossier, request(), key="city", changes={"policy": "agent"})
    edit_fields(dossier, request(), number="1001", fields={"city": "Pisa"})
    assert counts(uploaded(dossier, TWO.replace("Rome", "Lucca"))) == (0, 0, 2, 0)
    assert values(dossier, "1001")["city"] == "Pisa"
    assert facts_of(dossier, "customer.fields_uploaded")[-1].withheld == ["city"]


def test_values_hold_from_the_day_that_is_named(dossier: Dossier) -> None:  # rule 3.11
    fields(dossier)
    uploaded(dossier, TWO, when=When(date(2027, 1, 1)))
    assert values(dossier, "1001") == {}
    assert values(dossier, "1001", date(2027, 1, 1))["city"] == "Rome"


def test_values_hold_up_to_the_last_day_and_what_was_there_comes_back(dossier: Dossier) -> None:  # rules 3.10, 3.11
    fields(dossier)
    uploaded(dossier, HEADER + "1001,,Ada,Bern,\n")
    spring = When(date(2027, 4, 1), date(2027, 4, 30))
    done = uploaded(dossier, TWO, when=spring)
    assert (counts(done), done.effective_to) == ((1, 1, 0, 0), date(2027, 4, 30))
    days = (date(2027, 3, 31), date(2027, 4, 1), date(2027, 4, 30), date(2027, 5, 1))
    assert [values(dossier, "1001", day).get("city") for day in days] == ["Bern", "Rome", "Rome", "Bern"]
    assert [values(dossier, "1002", day).get("city") for day in days] == [None, "Oslo", "Oslo", None]
    assert [customer(dossier, "1002").names.at(day) for day in days] == [None, "Grace", "Grace", "Grace"]
    assert counts(uploaded(dossier, TWO, when=spring)) == (0, 0, 2, 0)


def test_against_an_edit_the_file_is_decided_up_to_its_last_day_only(dossier: Dossier) -> None:  # rule 3.10
    fields(dossier)
    uploaded(dossier, TWO)
    edit_fields(dossier, request(), number="1001", fields={"city": "Pisa"})
    uploaded(dossier, HEADER + "1001,,,Bern,\n", when=When(effective_to=TODAY + ONE_DAY))
    days = (TODAY, TODAY + ONE_DAY, TODAY + 2 * ONE_DAY)
    assert [values(dossier, "1001", day)["city"] for day in days] == ["Bern", "Bern", "Pisa"]


# Personal data


def test_nothing_personal_is_in_clear_anywhere(dossier: Dossier) -> None:  # rule 5.1
    fields(dossier)
    waiting = receive(dossier, HEADER + "1001,,Rumpelstiltskin,Rome,2026-99-99\n1002,,Rumpelstiltskin,Rome,\n")
    with dossier.database.connection() as connection:
        assert not _anywhere(connection, dossier, b"Rumpelstiltskin")
        done = run(dossier, waiting)
        assert counts(done) == (1, 0, 0, 1)
        assert not _anywhere(connection, dossier, b"Rumpelstiltskin")
        assert not _anywhere(connection, dossier, b"2026-99-99")
        assert connection.execute("SELECT count(*) FROM upload_chunks").fetchone() == (0,)
    assert wrong(dossier, done)[0].value == "2026-99-99"
    keys = KeyRing(dossier.database, b"k" * 32)
    assert keys.find(staging.file_subject(done.upload)) == (True, None)


def _anywhere(connection: Any, dossier: Dossier, needle: bytes) -> list[str]:
    """The tables of the schema in which these bytes are."""
    tables = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [dossier.database.schema]
    ).fetchall()
    return [
        table
        for (table,) in tables
        for row in connection.execute(f'SELECT * FROM "{table}"').fetchall()
        if any(needle in (cell if isinstance(cell, bytes) else str(cell).encode()) for cell in row)
    ]


def test_an_erased_customer_takes_nothing_and_wrong_values_go_with_it(dossier: Dossier) -> None:  # rule 5.1
    fields(dossier)
    before = uploaded(dossier, HEADER + "1001,,Ada,Rome,\n1001,,Ada,Rome,someday\n1002,,Grace,,someday\n")
    assert [one.value for one in wrong(dossier, before)] == ["someday", "someday"]
    dossier.fact_mapper.keys.destroy(customer(dossier, "1001").id)
    assert [one.value for one in wrong(dossier, before)] == ["[erased]", "someday"]
    rows = [(one.customer_number, one.original_row) for one in wrong(dossier, before)]
    assert rows == [(None, "[erased]"), ("1002", "1002,,Grace,,someday")]
    done = uploaded(dossier, HEADER + "1001,,Ada,Oslo,\n1003,,Mary,Bern,\n")
    assert counts(done) == (1, 0, 0, 1)
    assert wrong(dossier, done)[0].reason == "Customer 1001 was erased, so the row was not taken."


def test_the_value_of_a_masked_field_is_not_shown_with_its_fault(dossier: Dossier) -> None:  # rule 5.2
    fields(dossier, pin={"label": "PIN", "group": "business", "type": "integer", "personal": True, "masked": True})
    done = uploaded(dossier, "id,pin\n1001,47x1\n", {"id": "customer_number", "pin": "pin"})
    assert [(one.field, one.value) for one in wrong(dossier, done)] == [("pin", MASK)]
    with dossier.database.connection() as connection:
        assert connection.execute("SELECT subject, sealed FROM upload_errors").fetchall() == [(None, None)]


def test_a_failed_row_is_told_with_its_customer_and_as_it_came(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    register_customer(dossier, request(), number="7", name="Bo", alternate_number="B7")
    content = 'id|alt|first|town|due\n|b7|Bo|"Ro|me"|never\n1 2||Ada||\n|||Di|never\n7||Bo\n'
    done = uploaded(dossier, content)
    told = {(one.row, one.customer_number, one.original_row) for one in wrong(dossier, done)}
    assert told == {
        (1, "7", '|b7|Bo|"Ro|me"|never'),
        (2, "1 2", "1 2||Ada||"),
        (3, None, "|||Di|never"),
        (4, "7", "7||Bo"),
    }
    as_json = uploaded(
        dossier, '{"Id": 8, "due": "never", "x": [1]}\nno\n', {"id": "customer_number", "due": "due_date"}
    )
    told_of_json = [(one.customer_number, one.original_row) for one in wrong(dossier, as_json)]
    assert told_of_json == [("8", '{"Id": 8, "due": "never", "x": [1]}'), (None, "no")]


def test_a_failed_row_is_sealed_with_the_key_of_its_customer_where_there_is_one(dossier: Dossier) -> None:  # rule 5.1
    fields(dossier)
    register_customer(dossier, request(), number="7", name="Bo", alternate_number="B7")
    content = HEADER + "7,,Bo,,never\n1 2,B7,Bo,,\n,B7,Bo,,never\n7,,Bo\n8,,Cy,,never\n"
    done = uploaded(dossier, content)
    assert {one.original_row for one in wrong(dossier, done)} == set(content.splitlines()[1:])
    dossier.fact_mapper.keys.destroy(customer(dossier, "7").id)
    told = {(one.row, one.original_row) for one in wrong(dossier, done)}
    assert told == {*((row, "[erased]") for row in range(1, 5)), (5, "8,,Cy,,never")}
    assert {one.value for one in wrong(dossier, done) if one.row < 5} == {"[erased]", None}


def test_values_of_masked_fields_are_in_no_row_that_is_told(dossier: Dossier) -> None:  # rule 5.2
    fields(dossier, pin={"label": "PIN", "group": "business", "type": "integer", "personal": True, "masked": True})
    columns = {"id": "customer_number", "pin": "pin", "due": "due_date", "first": "first_name"}
    content = "id,pin,due,first\n1001,4711,never,Ada\n1002,4711\n4711,1003,Ada\n"
    lines = '{"id": 1001, "pin": 4711, "due": "never", "first": "Ada"}\n{"pin": 4711\n{"pin": [4711], "id": 2}\n'
    done = [uploaded(dossier, content, columns), uploaded(dossier, lines, columns)]
    rows = [[(one.row, one.original_row) for one in wrong(dossier, each)] for each in done]
    assert rows == [
        [(1, "1001,••••,never,Ada"), (2, None), (3, None)],
        [
            (1, '{"id": 1001, "pin": "••••", "due": "never", "first": "Ada"}'),
            (2, None),
            (3, '{"pin": "••••", "id": 2}'),
        ],
    ]
    assert "4711" not in str([wrong(dossier, each) for each in done])
    change_field(dossier, request(), key="first_name", changes={"masked": True})
    assert next(one.original_row for one in wrong(dossier, done[0])) == "1001,••••,never,••••"


# Exactly once


@pytest.mark.usefixtures("small_chunks")
def test_what_was_stopped_goes_on_where_it_stood(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    waiting = receive(dossier, HEADER + "".join(f"{n},,Ada,Rome,\n" for n in range(1, 8)))
    halfway = run(dossier, waiting, StopAfter(2))
    assert (halfway.state, halfway.rows) == (State.RUNNING, 4)
    assert len(facts_of(dossier, "customer.registered")) == 4
    done = run(dossier, waiting)
    assert (done.state, counts(done)) == (State.FINISHED, (7, 0, 0, 0))
    assert [one.number for one in facts_of(dossier, "customer.registered")] == [str(n) for n in range(1, 8)]
    again = end(dossier)
    assert run(dossier, waiting) == done
    assert end(dossier) == again


@pytest.mark.usefixtures("small_chunks")
def test_facts_and_what_is_done_are_stored_together_or_not_at_all(dossier: Dossier) -> None:  # rule 0.6
    fields(dossier)
    waiting = receive(dossier, HEADER + "1,,Ada,,\n2,,Bea,,\n3,,Cy,,x\n4,,Di,,\n")
    with dossier.database.connection() as connection:
        connection.execute("ALTER TABLE upload_steps ADD CONSTRAINT none CHECK (first_row < 3)")
        UploadWorker(dossier).work(Stop())
        failed = upload(dossier, waiting)
        assert (failed.state, failed.rows) == (State.FAILED, 2)
        assert "Row 3 cannot be stored" in (failed.error or "")
        assert len(facts_of(dossier, "customer.registered")) == 2
        connection.execute("ALTER TABLE upload_steps DROP CONSTRAINT none")
    UploadWorker(dossier).work(Stop())
    done = upload(dossier, waiting)
    assert (done.state, counts(done), done.error) == (State.FINISHED, (3, 0, 0, 1), None)


@pytest.mark.usefixtures("small_chunks")
def test_a_cancelled_upload_keeps_the_rows_that_were_taken_and_takes_no_more(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    waiting = receive(dossier, HEADER + "1,,Ada,,\n2,,Bea,,x\n3,,Cy,,\n4,,Di,,\n")
    assert run(dossier, waiting, StopAfter(1)).rows == 2
    outcome = cancel(dossier, request("eve"), waiting)
    cancelled = upload(dossier, waiting)
    assert (cancelled.state, counts(cancelled), cancelled.cancelled_by) == (State.CANCELLED, (1, 0, 0, 1), "eve")
    assert cancelled.position == outcome.position == end(dossier)
    with dossier.database.connection() as connection:
        assert staging.waiting(connection) == []
        assert connection.execute("SELECT count(*) FROM upload_chunks").fetchone() == (0,)
    assert KeyRing(dossier.database, b"k" * 32).find(staging.file_subject(waiting)) == (True, None)
    assert not cancel(dossier, request(), waiting).changed
    assert run(dossier, waiting) == cancelled
    assert end(dossier) == cancelled.position
    done = uploaded(dossier, TWO)
    with pytest.raises(UploadOverError):
        cancel(dossier, request(), done.upload)


@pytest.mark.usefixtures("small_chunks")
def test_what_is_taken_while_an_upload_is_cancelled_is_counted_or_not_taken(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rules 0.6, 3.2
    fields(dossier)
    waiting = receive(dossier, HEADER + "".join(f"{n},,Ada,,\n" for n in range(1, 9)))
    put, outcomes = dossier.put, []

    def cancelled_before_the_third(facts: Sequence[Fact], **rows: Any) -> Sequence[int]:
        if len(facts_of(dossier, "customer.registered")) == 4 and not outcomes:
            outcomes.append(cancel(dossier, request(), waiting))
        return put(facts, **rows)

    monkeypatch.setattr(dossier, "put", cancelled_before_the_third)
    with pytest.raises(TakenOverError):
        run(dossier, waiting)
    assert counts(upload(dossier, waiting)) == (4, 0, 0, 0)
    assert len(facts_of(dossier, "customer.registered")) == 4
    assert facts_of(dossier)[-1].TOPIC == "upload.cancelled"


def test_rows_that_are_taken_after_they_were_counted_are_counted_again(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 3.2
    fields(dossier)
    waiting = receive(dossier, TWO)
    keep, steps = Command.keep, [records.Step(1, 2, 10, 0, 0, 2, 0)]

    def after_a_step(*of: Any, **rows: Any) -> Any:
        if steps:
            with dossier.database.connection() as connection:
                write(connection, records.step_of(waiting, steps.pop()))
        return keep(*of, **rows)

    monkeypatch.setattr(Command, "keep", after_a_step)
    cancel(dossier, request(), waiting)
    assert facts_of(dossier, "upload.cancelled")[0].unchanged == 2


def test_a_customer_changed_by_an_agent_meanwhile_is_decided_again(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 3.10
    fields(dossier)
    uploaded(dossier, TWO)
    put, raced = dossier.put, []

    def after_the_agent(facts: Sequence[Fact], **rows: Any) -> Sequence[int]:
        if not raced and facts[0].TOPIC == "customer.fields_uploaded":
            raced.append(edit_fields(dossier, request("eve"), number="1001", fields={"city": "Lucca"}))
        return put(facts, **rows)

    monkeypatch.setattr(dossier, "put", after_the_agent)
    done = uploaded(dossier, TWO.replace("Rome", "Lucca").replace("Oslo", "Bergen"))
    assert raced[0].changed
    assert counts(done) == (0, 1, 1, 0)
    said = facts_of(dossier, "customer.fields_uploaded")
    assert [(one.number, one.withheld) for one in said] == [("1001", []), ("1002", [])]


def test_an_alternate_number_taken_meanwhile_fails_only_its_row(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rules 1.14, 3.2
    fields(dossier)
    register_customer(dossier, request(), number="9", name="Eve")
    put, raced = dossier.put, []

    def after_the_agent(facts: Sequence[Fact], **rows: Any) -> Sequence[int]:
        if not raced and facts[0].TOPIC == "customer.registered":
            raced.append(add_alternate_number(dossier, request(), number="9", alternate_number="A1"))
        return put(facts, **rows)

    monkeypatch.setattr(dossier, "put", after_the_agent)
    done = uploaded(dossier, HEADER + "1,A1,Ada,,\n2,A2,Bea,,\n")
    assert raced
    assert counts(done) == (1, 0, 0, 1)
    with dossier.database.connection() as connection:
        claims = dict(connection.execute("SELECT key, owner FROM claims").fetchall())
    assert claims == {"A1": customer(dossier, "9").id, "A2": customer(dossier, "2").id}


@pytest.mark.usefixtures("small_chunks")
def test_two_uploads_of_the_same_customers_at_once_do_not_corrupt_each_other(
    dossier: Dossier, postgres_url: str, schema: str
) -> None:  # rule 3.2
    fields(dossier)
    rows = 40
    towns = [HEADER + "".join(f"{n},Q{n},Ada,{town},\n" for n in range(1, rows + 1)) for town in ("Rome", "Oslo")]
    waiting = [receive(dossier, content) for content in towns]
    with Dossier(environment(postgres_url, schema)) as other, ThreadPoolExecutor(2) as pool:
        running = [pool.submit(run, one, upload) for one, upload in zip((dossier, other), waiting, strict=True)]
        done = [one.result(60) for one in running]
    assert [one.state for one in done] == [State.FINISHED] * 2
    assert sum(one.new for one in done) == rows
    assert sum(one.changed for one in done) == rows
    assert len(facts_of(dossier, "customer.registered")) == rows
    assert {values(dossier, str(n))["city"] for n in range(1, rows + 1)} <= {"Rome", "Oslo"}


def test_an_upload_is_run_by_one_worker_at_a_time_and_a_second_one_takes_no_row(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 3.2
    fields(dossier)
    waiting = receive(dossier, TWO)
    with staging.holding(dossier.database, waiting) as first, staging.holding(dossier.database, waiting) as second:
        assert first is not None
        assert second is None
        UploadWorker(dossier).work(Stop())
        assert upload(dossier, waiting).rows == 0
        decide, ends = uploading.decide, []

        def decided_late(*of: Any) -> Any:
            decision = decide(*of)
            if not ends:
                ends.append(0)
                uploading.UploadRun(dossier, first, waiting).run(Stop())
                ends.append(end(dossier))
            return decision

        monkeypatch.setattr(uploading, "decide", decided_late)
        with pytest.raises(TakenOverError):
            uploading.UploadRun(dossier, first, waiting).run(Stop())
    assert end(dossier) == ends[-1]
    assert counts(upload(dossier, waiting)) == (2, 0, 0, 0)


def test_a_fault_is_shown_and_counted_and_does_not_hold_up_the_others(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields(dossier)
    bad, good = receive(dossier, TWO), receive(dossier, HEADER + "7,,Ada,,\n")
    decide = uploading.decide

    def broken(dossier: Dossier, task: Any, *rest: Any) -> Any:
        if task.upload == str(bad):
            raise ArithmeticError("the abacus is broken")
        return decide(dossier, task, *rest)

    worker = UploadWorker(dossier, rest_s=0.0)
    with monkeypatch.context() as patch:
        patch.setattr(uploading, "decide", broken)
        worker.work(Stop())
    assert upload(dossier, bad).state is State.FAILED
    assert (upload(dossier, bad).error or "").startswith("ArithmeticError in test_uploading.py:")  # rule 5.1: no text
    assert upload(dossier, good).state is State.FINISHED
    worker.work(Stop())
    assert (upload(dossier, bad).state, upload(dossier, bad).error) == (State.FINISHED, None)


def test_an_upload_that_is_cancelled_while_it_rests_after_a_fault_counts_as_failed_no_longer(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields(dossier)
    waiting, worker = receive(dossier, TWO), UploadWorker(dossier)
    monkeypatch.setattr(uploading, "decide", lambda *_: 1 / 0)
    worker.work(Stop())
    assert REGISTRY.get_sample_value("dossier_uploads_failed") == 1
    cancel(dossier, request(), waiting)
    worker.work(Stop())
    assert REGISTRY.get_sample_value("dossier_uploads_failed") == 0


def test_files_that_never_came_whole_and_what_a_crash_left_are_removed(dossier: Dossier) -> None:
    fields(dossier)
    half = Receiving(dossier, Reading("half.csv"))
    half.write(b"x" * 600_000)
    done = uploaded(dossier, TWO)
    with dossier.database.connection() as connection:
        connection.execute("INSERT INTO upload_chunks VALUES (%s, 0, 'left')", [done.upload])
        connection.execute("UPDATE uploads SET chunks = 1 WHERE upload = %s", [done.upload])
        staging.tidy(connection)
        assert connection.execute("SELECT upload, count(*) FROM upload_chunks GROUP BY upload").fetchall() == [
            (half.upload, 2)
        ]
        connection.execute("UPDATE uploads SET touched_at = clock_timestamp() - interval '2 hours'")
        staging.tidy(connection)
        assert connection.execute("SELECT upload FROM uploads").fetchall() == [(done.upload,)]
        assert connection.execute("SELECT count(*) FROM upload_chunks").fetchone() == (0,)


def test_a_step_is_stored_once(dossier: Dossier) -> None:  # rule 3.2
    fields(dossier)
    waiting = receive(dossier, TWO)
    step = records.Step(1, 2, 10, 2, 0, 0, 0)
    statements = records.writing(dossier.fact_mapper.keys, waiting, waiting, step, [])
    with dossier.database.connection() as connection:
        write(connection, statements)
        with pytest.raises(psycopg.errors.UniqueViolation):
            write(connection, statements)
