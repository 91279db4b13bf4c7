"""Contact files: kinds of bugs known from public reports about importers, each tested on the whole product.

Every case describes its kind of bug and names a public report of it, if there is one.
"""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from aggregates.fact import Role
from api_client import Api, register
from command_line import CommandLine
from jobs.upload.worker import UploadWorker
from store.stopping import Stop

KEYED = {"Customer": "customer_number", "Town": "city"}


def received(api: Api, content: bytes, columns: dict[str, str], query: str = "") -> dict[str, Any]:
    """Sends a file; gives the upload, or what a dry run came to."""
    headers = {"Dossier-Upload-Columns": json.dumps(columns), "Content-Type": "text/csv"}
    answer = api.call("POST", f"/v1/uploads{query}", Role.INTEGRATOR, content=content, headers=headers)
    assert answer.status_code in {200, 202}, answer.text
    taken: dict[str, Any] = answer.json()
    return taken


def uploaded(api: Api, content: bytes, columns: dict[str, str], query: str = "") -> dict[str, Any]:
    """Sends a file and lets a worker read it; gives what became of it."""
    upload = received(api, content, columns, query)["upload"]
    UploadWorker(api.dossier).work(Stop())
    outcome: dict[str, Any] = api.get(f"/v1/uploads/{upload}").json()
    return outcome


def counts(upload: dict[str, Any]) -> tuple[int, int, int, int]:
    """New, changed, unchanged and failed rows."""
    return upload["new"], upload["changed"], upload["unchanged"], upload["failed"]


def city(api: Api, number: str, day: str | None = None) -> str | None:
    """The city of a customer on a day."""
    widget = api.seen(f"/v1/customers/{number}/fields", params={} if day is None else {"valid_at": day}).json()
    values = {field["key"]: field["value"] for field in widget["business"]["fields"]}
    found: str | None = values.get("city")
    return found


def edit(api: Api, number: str, value: str, first: str, last: str | None = None) -> None:
    """An administrator sets the city."""
    body = {"fields": {"city": value}, "effective_from": first} | ({} if last is None else {"effective_to": last})
    assert api.patch(f"/v1/customers/{number}/fields", body).status_code == 200


def test_a_file_without_the_key_column_is_refused(api: Api) -> None:  # rule 0.9
    """Kind: a column that the mapping names and the file lacks is passed over, so that people are doubled.

    Public report: github.com/twentyhq/twenty/issues/11864 (a file without the record's id made each person twice).
    """
    upload = uploaded(api, b"customer,Town\n1,Rome\n", {"customer_number": "customer_number", "Town": "city"})
    assert (upload["state"], counts(upload)) == ("refused", (0, 0, 0, 0))
    assert "customer_number" in upload["refusal"]


@pytest.mark.parametrize("name", ["Customer\u200b", "\ufeff\ufeffCustomer", " customer\u00a0"])
def test_a_header_is_the_same_with_an_invisible_character(api: Api, name: str) -> None:  # rules 0.9, 0.10
    """Kind: a header that looks the same is another one to the importer, because of a character that nobody sees.

    Public report: github.com/twentyhq/twenty/issues/11864 (the same outcome: rows without their key are new people).
    """
    number = f"H{name.encode().hex()}"
    upload = uploaded(api, f"{name},Town\n{number},Rome\n".encode(), KEYED)
    assert (counts(upload), city(api, number)) == ((1, 0, 0, 0), "Rome")


def test_a_file_without_a_mapped_value_is_refused(api: Api) -> None:  # rule 0.9
    """Kind: values of a column that the file has not are just not there afterwards.

    Public report: github.com/buckets/application/issues/460 (one of two columns was left out without a word).
    """
    upload = uploaded(api, b"Customer\nV1\n", KEYED)
    assert upload["state"] == "refused"
    assert "Town" in upload["refusal"]


def test_a_file_read_in_another_way_writes_onto_nobody_else(api: Api) -> None:  # rule 3.2
    """Kind: rows without a key get one that depends on how the file was read, so that a second reading hits other people."""
    file = b"Name,Town\nAda,Rome\nBob,Oslo\n"
    by_place = uploaded(api, file, {"1": "first_name"})
    by_name = uploaded(api, file, {"Name": "first_name", "Town": "city"})
    people = {
        (row["name"], city(api, row["number"]))
        for row in api.seen("/v1/customers", params={"limit": 500}).json()["items"]
        if row["name"] in {"Ada", "Bob", "Name"}
    }
    assert (by_place["failed"], by_name["failed"]) == (0, 0)
    assert people - {("Name", None)} <= {("Ada", "Rome"), ("Bob", "Oslo"), ("Ada", None), ("Bob", None)}
    assert {("Ada", "Rome"), ("Bob", "Oslo")} <= people


def test_half_a_character_fails_its_row_only(api: Api) -> None:  # rule 3.2
    """Kind: one lone surrogate in JSON lines ends the import of everybody.

    Public report: github.com/ctxrs/ctx/issues/624 (one unpaired surrogate and nothing of the source was imported).
    """
    lines = rb'{"Customer": "S1", "Town": "\ud800"}' + b'\n{"Customer": "S2", "Town": "Rome"}\n'
    upload = uploaded(api, lines, KEYED)
    assert (upload["state"], counts(upload), city(api, "S2")) == ("finished", (1, 0, 0, 1), "Rome")


def test_a_carriage_return_ends_a_row(api: Api) -> None:  # rule 3.2
    """Kind: a file with CR as its line end, or one CR among others, is read as fewer rows than it has.

    Public report: github.com/BaseXdb/basex/issues/164 (everything became one line).
    """
    assert counts(uploaded(api, b"Customer,Town\rC1,Rome\rC2,Oslo\r", KEYED)) == (2, 0, 0, 0)
    assert counts(uploaded(api, b"Customer,Town\nC3,Rome\rC4,Oslo\nC5,Bern\n", KEYED)) == (3, 0, 0, 0)
    assert [city(api, f"C{number}") for number in range(1, 6)] == ["Rome", "Oslo", "Rome", "Oslo", "Bern"]


def test_a_first_line_may_tell_the_separator(api: Api) -> None:  # rule 3.2
    """Kind: `sep=;`, which spreadsheets write, is read as the names of the columns.

    Public report: github.com/PowerShell/PowerShell/issues/7776 (the line became the header).
    """
    assert counts(uploaded(api, b"sep=;\r\nCustomer;Town\r\nP1;Rome\r\n", KEYED)) == (1, 0, 0, 0)
    assert city(api, "P1") == "Rome"


def test_a_refused_row_tells_its_number_its_text_and_why(api: Api) -> None:  # rule 3.2
    """Kind: a row whose quotation marks go wrong is just counted; nobody learns which, why, or whose it was.

    Public report: github.com/tine20/tine20/issues/5263 (an import kept nothing of a record and did not say so).
    """
    upload = uploaded(api, b'Customer,Town\nQ1,"Rome"x\nQ2,"a\n""b"\n', KEYED)
    first, second = api.get(f"/v1/uploads/{upload['upload']}/errors").json()["items"]
    assert (first["row"], first["original_row"]) == (1, 'Q1,"Rome"x')
    assert "quotation mark" in first["reason"]
    assert (second["row"], second["customer_number"], second["field"]) == (2, "Q2", "city")
    assert "control characters" in second["reason"]


def test_an_upload_is_cancelled(api: Api) -> None:  # rule 3.2
    """Kind: once it has begun, the wrong file goes in to its end.

    Public report: github.com/zammad/zammad/issues/619 (imports run until they are done).
    """
    upload = received(api, b"Customer,Town\nX1,Rome\n", KEYED)["upload"]
    assert api.post(f"/v1/uploads/{upload}/cancel", {"reason": "Wrong file"}).json()["changed"] is True
    UploadWorker(api.dossier).work(Stop())
    after = api.get(f"/v1/uploads/{upload}").json()
    assert (after["state"], after["rows"]) == ("cancelled", 0)
    assert api.seen("/v1/customers/X1").status_code == 404


def test_an_upload_is_tried_first(api: Api) -> None:  # rule 3.2
    """Kind: what a file would do is only known once it is done.

    Public report: github.com/SalesforceFoundation/NPSP/issues/1153 (a dry run was asked for, which tells what matches).
    """
    file = b"Customer,Town\nT1,Rome\nT 2,Oslo\n"
    with api.storing_nothing():
        tried = received(api, file, KEYED, "?dry_run=true")
    assert counts(tried) == counts(uploaded(api, file, KEYED)) == (1, 0, 0, 1)


def test_the_exit_status_tells_of_refused_rows(line: CommandLine, tmp_path: Path) -> None:  # rule 3.2
    """Kind: a script cannot tell that a part of the file did not go in.

    Public report: github.com/influxdata/influxdb/issues/7856 (the client ended with 0 whatever failed to go in).
    """
    file = tmp_path / "contacts.csv"
    told = ("--map", "Customer=customer_number", "--map", "Town=city")
    file.write_text("Customer,Town\nE1,Rome\nE 2,Oslo\n")
    assert line.run("upload", str(file), *told, "--dry-run").exit_code == 3
    assert line.run("upload", str(file), *told).exit_code == 3
    file.write_text("Customer,Town\nE1,Rome\n")
    assert line.run("upload", str(file), *told).exit_code == 0


@pytest.mark.parametrize(
    "mark", ["=", "\uff1d", "\ufeff=", "\u200b@"], ids=["plain", "full-width", "BOM", "zero-width"]
)
def test_no_spreadsheet_calculates_with_the_error_file(api: Api, mark: str) -> None:  # rule 3.2
    """Kind: what somebody wrote into a cell is calculated by whoever opens the file of errors.

    Public report: github.com/hhurz/tableExport.jquery.plugin/issues/230 (an exported cell started a program).
    """
    columns = {"Customer": "customer_number", "Due": "due_date"}
    upload = uploaded(api, f"Customer,Due\nF1,{mark}1+1\n".encode(), columns)
    told = api.get(f"/v1/uploads/{upload['upload']}/errors?format=csv").text
    [row] = csv.DictReader(io.StringIO(told))
    assert (row["value"], row["customer_number"]) == (f"'{mark}1+1", "F1")


# Files against edits


def test_after_a_bounded_edit_the_newest_file_holds(api: Api) -> None:  # rule 3.10
    """Kind: after a correction of a few days the value before the newest file is back, and no file repairs it."""
    uploaded(api, b"Customer,Town\nO1,Old\n", KEYED, "?effective_from=2031-01-01")
    edit(api, "O1", "X", "2031-01-01", "2031-01-04")
    uploaded(api, b"Customer,Town\nO1,X\n", KEYED, "?effective_from=2031-01-01")
    assert [city(api, "O1", f"2031-01-{day:02}") for day in (1, 4, 5, 31)] == ["X"] * 4


def test_after_a_planned_edit_the_newest_file_holds(api: Api) -> None:  # rule 3.10
    """Kind: the days after a planned correction keep what an older file said."""
    uploaded(api, b"Customer,Town\nO2,Old\n", KEYED, "?effective_from=2031-01-01")
    edit(api, "O2", "Y", "2031-01-04", "2031-01-10")
    uploaded(api, b"Customer,Town\nO2,X\n", KEYED, "?effective_from=2031-01-01")
    assert [city(api, "O2", f"2031-01-{day:02}") for day in (3, 11)] == ["X", "X"]


def test_the_same_file_again_changes_nothing(api: Api) -> None:  # rules 3.2, 3.10
    """Kind: a file that is sent twice flips what it said the first time.

    Public report: github.com/owncloud/contacts/issues/588 (a second import of a file doubled its entries).
    """
    uploaded(api, b"Customer,Town\nO3,X\n", KEYED)
    twice = b"Customer,Town\nO3,X\nO3,Y\n"
    assert uploaded(api, twice, KEYED)["changed"] == 1
    with_position = api.end()
    assert counts(uploaded(api, twice, KEYED)) == (0, 0, 2, 0)
    assert city(api, "O3") == "Y"
    assert with_position < api.end()  # the upload itself is on record


def test_the_file_wins_over_an_edit_where_the_field_says_so(api: Api) -> None:  # rule 3.10
    """Kind: the policy of a field says that files win, and an edit stays all the same.

    Public report: github.com/tine20/tine20/issues/5263 (the choice of whose value wins had no effect).
    """
    field = {"key": "score", "label": "Score", "group": "business", "type": "integer", "policy": "upload"}
    assert api.post("/v1/fields", field).status_code == 201
    register(api, "O4")
    columns = {"Customer": "customer_number", "Score": "score"}
    uploaded(api, b"Customer,Score\nO4,1\n", columns)
    assert api.patch("/v1/customers/O4/fields", {"fields": {"score": 2}}).status_code == 200
    assert uploaded(api, b"Customer,Score\nO4,1\n", columns)["changed"] == 1
