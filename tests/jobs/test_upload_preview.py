"""The preview of a contact file: how its beginning is read, where its columns go, and what would be refused (rule 3.2)."""

from collections.abc import Callable
from random import Random
from time import process_time
from typing import Any, Final

import pytest

from aggregates.customer.commands import register_customer
from aggregates.errors import DomainError
from aggregates.upload.commands import save_mapping
from jobs.upload.contact_file.head import Encoding
from jobs.upload.preview import Sample, preview
from jobs.upload.preview_models import HEAD_BYTES, UploadPreview
from jobs.upload.receive import Reading
from store.application import Dossier
from upload_helpers import COLUMNS, HEADER, counts, fields, request, uploaded

FILE: Final = (
    "Customer No;Given-Name;Town;Mail;When;Notes\n1001;Ada;Rome;ada@example.com;2026-12-01;x\n1002;Bob;;bob;soon;\n"
)


@pytest.fixture
def company(dossier: Dossier) -> Dossier:
    """A company with the standard fields, an e-mail address and a choice."""
    more: dict[str, Any] = {"group": "business"}
    fields(
        dossier,
        email={"label": "E-mail", "type": "email", **more},
        colour={"label": "Colour", "type": "choice", "choices": ["red", "blue"], **more},
    )
    return dossier


def shown(dossier: Dossier, content: str | bytes, *, whole: bool = True, **more: Any) -> UploadPreview:
    """The preview of a file that begins with this content; it changes nothing."""
    encoded = content.encode() if isinstance(content, str) else content
    sample = Sample(encoded, whole, more.pop("encoding", None), more.pop("rows", None))
    before = dossier.log_of_facts.max_notification_id()
    result = preview(dossier, request(), Reading("contacts.csv", **more), sample)
    assert dossier.log_of_facts.max_notification_id() == before
    return result


def going(result: UploadPreview) -> dict[str, tuple[str | None, str | None]]:
    """Where each column goes, and why."""
    return {column.column: (column.goes_to, column.suggested_by) for column in result.columns}


def test_columns_go_where_their_names_or_the_look_of_their_values_suggest(company: Dossier) -> None:  # rule 3.2
    content = "Customer No;Given-Name;Town;Mailbox;Paint;Notes\n1001;Ada;Rome;ada@example.com;Red;x\n1002;Bob;;b@example.com;blue;\n"
    result = shown(company, content)
    assert (result.read_as.delimiter, result.read_as.header, result.read_as.encoding) == (";", True, "utf-8")
    assert result.found == result.read_as
    assert going(result) == {
        "Customer No": ("customer_number", "name"),
        "Given-Name": ("first_name", "name"),
        "Town": ("city", "name"),
        "Mailbox": ("email", "values"),
        "Paint": ("colour", "values"),
        "Notes": (None, None),
    }
    assert (result.rows, result.not_taken, result.refusal, result.check) == (2, 1, None, None)
    [town] = [column for column in result.columns if column.column == "Town"]
    assert (town.place, town.examples, town.filled) == (3, ["Rome"], 1)


def test_the_usual_names_of_numbers_and_addresses_are_known_in_any_spelling(company: Dossier) -> None:  # rule 3.2
    for name in ("Cust No", "CUST_NO.", "Cust. No", "Client-ID", "Customer Nr", "Customer Code"):
        assert going(shown(company, f"{name};x\n1;2\n"))[name] == ("customer_number", "name"), name
    for name in ("E-Mail Address", "EMAIL", "email_address", "Mail"):
        assert going(shown(company, f"id;{name}\n1;\n"))[name] == ("email", "name"), name


def test_rows_without_a_number_are_told_before_they_make_customers(company: Dossier) -> None:  # rule 3.2
    columns = {"id": "customer_number", "alt": "alternate_number", "first": "first_name"}
    content = "id,alt,first\n1,,Ada\n,,Bob\n,X1,Cy\n" + ",,Di\n" * 3
    check = shown(company, content, columns=columns, rows=1_000).check
    assert check is not None
    assert (check.new, check.without_number) == (6, 4)
    assert [(one.row, one.line) for one in check.without_number_rows] == [(2, 3), (4, 5), (5, 6)]
    assert uploaded(company, content, columns).without_number == 4
    check = shown(company, content, columns=columns, rows=1_000).check
    assert check is not None
    assert (check.unchanged, check.without_number) == (6, 0)
    check = shown(company, content + "7,,Ed\n", columns=columns, rows=1_000).check
    assert check is not None
    assert (check.new, check.without_number) == (5, 4)


def test_rows_with_a_number_that_an_earlier_row_has_are_told(company: Dossier) -> None:  # rule 3.2
    columns = {"id": "customer_number", "alt": "alternate_number", "first": "first_name", "born": "date_of_birth"}
    content = "id,alt,first,born\n1,,Ada,\n 1 ,,Eve,\n2,,Bob,\n,x1,Cy,\n,X1,Cy,\n1,,Ida,soon\n,,Di,\n,,Di,\n2,B,Bo,\n"
    check = shown(company, content, columns=columns, rows=1_000).check
    assert check is not None
    assert (check.refused, check.repeated) == (1, 3)
    assert [(one.row, one.line) for one in check.repeated_rows] == [(2, 3), (5, 6), (9, 10)]
    assert uploaded(company, content, columns).repeated == 3


def test_a_row_that_is_wrong_as_a_whole_is_shown(company: Dossier) -> None:
    check = shown(company, "id,first\n1,Ada,Byron\n", columns={"id": "customer_number"}, rows=10).check
    assert check is not None
    [example] = check.reasons[0].examples
    assert (example.row, example.line, example.value) == (1, 2, "1,Ada,Byron")


def test_a_mapping_comes_first_and_the_request_before_it(company: Dossier) -> None:
    save_mapping(company, request(), name="autumn", columns={"town": "address", "notes": "city"})
    result = shown(company, FILE, mapping="autumn")
    assert going(result)["Town"] == ("address", "mapping")
    assert going(result)["Notes"] == ("city", "mapping")
    assert going(result)["Given-Name"] == ("first_name", "name")
    result = shown(company, FILE, columns={"Notes": "name"})
    assert {column: where for column, where in going(result).items() if where[0]} == {"Notes": ("name", "request")}


def test_each_target_is_suggested_once(company: Dossier) -> None:
    result = shown(company, "city,town,e1,e2\nRome,Oslo,a@example.com,b@example.com\n")
    assert going(result) == {"city": ("city", "name"), "town": (None, None), "e1": (None, None), "e2": (None, None)}


def test_values_that_would_be_refused_are_told_with_the_reason(company: Dossier) -> None:  # rule 3.9
    columns = {"Customer No": "customer_number", "Mail": "email", "When": "due_date"}
    result = shown(company, FILE, columns=columns)
    refused = {column.column: column.refused_values for column in result.columns if column.refused}
    assert refused.keys() == {"Mail", "When"}
    [mail] = refused["Mail"]
    assert (mail.row, mail.line, mail.value, mail.reason) == (2, 3, "bob", "E-mail must be an e-mail address.")
    result = shown(company, "id,first\n1 2,Ada\n3,Bob,\n", columns={"id": "customer_number"})
    assert (result.columns[0].refused, result.faulty) == (1, 1)
    [row] = result.faulty_rows
    assert (row.row, row.line, row.reason) == (2, 3, "The row has 3 cells, not 2 like the first.")


@pytest.mark.parametrize(
    ("content", "delimiter", "header", "columns"),
    [
        ("1001|Ada|Rome\n1002|Bob|Oslo\n", "|", False, ["1", "2", "3"]),
        ("Red~Green\nx~y\n", "~", True, ["Red", "Green"]),
        ("id\n1001\n", ",", True, ["id"]),
        ("1001\n1002\n", ",", False, ["1"]),
        ("sep=;\nid;town\n1;Rome\n", ";", True, ["id", "town"]),
        ("a\tb\tb\n1\t2\t3\n", "\t", False, ["1", "2", "3"]),
        ('{"id": 1, "Town": "Rome"}\n{"id": 2, "first": "Bob"}\n', None, None, ["id", "Town", "first"]),
        ("\ufeffid,\u200btown \n1,Rome\n", ",", True, ["id", "town"]),
        ('id,town\r1,"Ro\rme"\r', ",", True, ["id", "town"]),
    ],
)
def test_delimiter_and_header_are_found(
    company: Dossier, content: str, delimiter: str | None, header: bool | None, columns: list[str]
) -> None:
    result = shown(company, content)
    assert (result.read_as.delimiter, result.read_as.header) == (delimiter, header)
    assert [column.column for column in result.columns] == columns
    assert (result.refusal, result.rows > 0) == (None, True)


def test_delimiter_and_header_can_be_overridden(company: Dossier) -> None:
    result = shown(company, "id;town;x,y\n1;Rome;2,3\n", delimiter=",", header=False)
    assert (result.read_as.delimiter, result.read_as.header) == (",", False)
    assert (result.found.delimiter, result.found.header) == (";", True)
    assert [column.examples for column in result.columns] == [["id;town;x", "1;Rome;2"], ["y", "3"]]


def test_a_file_in_another_encoding_is_shown_with_the_refusal_of_an_upload(company: Dossier) -> None:
    result = shown(company, "id,town\n1,Málaga\n".encode("cp1252"))
    assert (result.read_as.encoding, result.columns[1].examples) == (Encoding.WINDOWS_1252, ["Málaga"])
    assert result.refusal is not None
    assert result.refusal.startswith("Line 2 is not UTF-8.")
    result = shown(company, "id,town\n1,Málaga\n".encode("utf-16"))
    assert (result.read_as.encoding, result.columns[1].examples) == (Encoding.UTF_16_LE, ["Málaga"])
    assert (result.refusal or "").startswith("The file is written in UTF-16.")
    result = shown(company, "id,town\n1,Málaga\n", encoding=Encoding.WINDOWS_1252)
    assert (result.columns[1].examples, result.refusal) == (["MÃ¡laga"], None)
    assert (result.read_as.encoding, result.found.encoding) == (Encoding.WINDOWS_1252, Encoding.UTF_8)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", "The file is empty."),
        (b"\n \n", "The file is empty."),
        (b"PK\x03\x04\x00\x00", "The file is a ZIP archive or a workbook."),
        (b"\x1f\x8b\x08" + b"\0" * 60_000, "The file is a gzip archive."),
        (b"id,town\n1,\0\n", "The file is binary, or written in UTF-16."),
        (b",".join(b"%d" % place for place in range(9_000)), "The first row has 9,000 cells"),
        (b'id,town\n1,"Rome\n', "A quotation mark opened in the row of line 2 is never closed."),
        (b'"id"x,town\n1,2\n', "Line 1 cannot be read."),
        (b"id,ID\n1,2\n", "Columns 1, 2 of the header have the same name."),
    ],
)
def test_a_file_that_cannot_be_read_has_a_clear_answer(company: Dossier, content: bytes, refusal: str) -> None:
    result = shown(company, content, header=True if content.startswith(b"id,ID") else None)
    assert (result.refusal or "").startswith(refusal)


def test_what_is_cut_off_is_not_judged(company: Dossier) -> None:
    whole = ("id,town\n" + "1,Málaga\n" * 10_000).encode()
    for end in range(HEAD_BYTES - 12, HEAD_BYTES):
        result = shown(company, whole[:end], whole=False)
        assert (result.refusal, result.read_as.encoding, result.faulty) == (None, Encoding.UTF_8, 0)
        assert [column.refused for column in result.columns] == [0, 0]
    quoted = shown(company, 'id,town\n1,Rome\n2,"Os', whole=False)
    assert (quoted.refusal, quoted.rows) == (None, 1)
    quoted = shown(company, 'id,town\n1,Rome\n2,"Os\nlo', whole=False, rows=10, columns={"id": "customer_number"})
    assert quoted.check is not None
    assert (quoted.refusal, quoted.check.refusal, quoted.check.rows, quoted.check.all_rows) == (None, None, 1, False)
    one_line = shown(company, b"x" * HEAD_BYTES, whole=False)
    assert one_line.refusal == "The first line is longer than the 65,536 bytes that were sent."
    assert shown(company, b"x" * HEAD_BYTES).refusal is None


def test_a_check_has_the_counts_of_the_upload(company: Dossier) -> None:  # rule 3.2
    register_customer(company, request(), number="1", name="Ada", alternate_number="A1")
    content = HEADER + "1,,Ada,Rome,\n2,A1,Bob,,\n3,,Cy,,never\n4,,Di,,never\n5,,Eve,,\n6,B6,Flo,,\n6,,Flo,,\nx y,,,,\n"
    result = shown(company, content, columns=COLUMNS, rows=1_000)
    check = result.check
    assert check is not None
    assert (check.rows, check.all_rows, check.refusal) == (8, True, None)
    assert (check.new, check.changed, check.unchanged, check.refused) == (2, 1, 1, 4)
    [dates, *others] = check.reasons
    assert (dates.field, dates.rows, [example.row for example in dates.examples]) == ("due_date", 2, [3, 4])
    assert {(one.field, one.reason) for one in others} == {
        ("alternate_number", "Alternate number … is already in use."),
        ("customer_number", "The customer number must have 1 to 30 letters, digits or hyphens."),
    }
    first = shown(company, content, columns=COLUMNS, rows=2).check
    assert first is not None
    assert (first.rows, first.all_rows, first.changed, first.refused) == (2, False, 1, 1)
    assert counts(uploaded(company, content)) == (check.new, check.changed, check.unchanged, check.refused)


def test_a_check_goes_by_the_suggestions_where_nothing_is_mapped(company: Dossier) -> None:
    check = shown(company, "Customer No,Town\n1,Rome\n2,Oslo\n", rows=10).check
    assert check is not None
    assert (check.new, check.refused) == (2, 0)
    with pytest.raises(DomainError) as refusal:
        shown(company, "x1,x2\na,b\n", rows=10)
    assert refusal.value.field == "columns"


def test_a_part_of_json_lines_need_not_have_every_member(company: Dossier) -> None:
    columns = {"id": "customer_number", "town": "city"}
    content = '{"id": 1}\n{"id": 2}\n'
    part = shown(company, content, whole=False, columns=columns, rows=10).check
    assert part is not None
    assert (part.new, part.refusal, part.all_rows) == (2, None, False)
    all_of_it = shown(company, content, columns=columns, rows=10)
    assert all_of_it.check is not None
    assert (all_of_it.refusal or "").startswith("No line has a member town.")
    assert all_of_it.check.refusal == all_of_it.refusal


def test_what_is_wrong_with_the_request_is_named_as_for_an_upload(company: Dossier) -> None:  # rule 0.12
    with pytest.raises(DomainError) as refusal:
        shown(company, FILE, columns={"a": "shape", "b": "size"}, delimiter="#")
    faults = getattr(refusal.value, "faults", ())
    assert {fault.field for fault in faults} == {"columns.a", "columns.b", "delimiter"}
    with pytest.raises(DomainError) as refusal:
        shown(company, FILE, delimiter="#")
    assert refusal.value.field == "delimiter"
    missing = shown(company, FILE, columns={"Nowhere": "city"})
    assert (missing.refusal or "").startswith("None of the mapped columns (Nowhere)")
    assert len(missing.columns) == 6


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"a\n" * 500_000,
        lambda: b",".join([b"a@b.co"] * 2_000) + b"\n" + (b",".join([b"a@b.co"] * 2_000) + b"\n") * 60,
        lambda: b"\n".join(b'{"a%d": 1, "b%d": "x"}' % (row, row) for row in range(40_000)),
        lambda: b'"' * 1_000_000,
        lambda: "e\u0301".encode() * 300_000,
        lambda: b"[" * 1_000_000,
        lambda: Random(1).randbytes(1_000_000),
        lambda: b"id,town\n" + b'1,"' + b"x,\n" * 300_000,
    ],
)
def test_nobody_is_kept_busy(company: Dossier, make: Callable[[], bytes]) -> None:
    content = make()
    for whole in (True, False):
        start = process_time()
        result = shown(company, content, whole=whole)
        assert process_time() - start < 3
        assert len(result.model_dump_json()) < 2_000_000


def test_random_files_are_always_answered_and_checked_as_an_upload_reads_them(company: Dossier) -> None:  # rule 3.2
    random = Random(20_261_128)
    pieces = [
        "id",
        "Town",
        "1",
        "2",
        "x y",
        ",",
        ",",
        ";",
        "\t",
        '"',
        "\n",
        "\n",
        "\r\n",
        "\r",
        " ",
        "é",
        "\ufeff",
        '{"id": 1}',
        "\0",
    ]
    columns = [None, {"id": "customer_number", "town": "city"}, {"1": "customer_number"}]
    for _ in range(150):
        content = "".join(random.choice(pieces[: random.choice([10, 15, 19])]) for _ in range(random.randrange(1, 60)))
        encoded = content.encode(random.choice(["utf-8", "utf-8", "cp1252", "utf-16"]), "replace")
        mapped, whole = random.choice(columns), random.random() < 0.5
        rows = None if mapped is None else random.choice([None, 1, 3])
        result = shown(company, encoded, whole=whole, columns=mapped, rows=rows)
        assert len(result.columns) - result.not_taken == sum(column.goes_to is not None for column in result.columns)
        assert result.columns or result.refusal or result.faulty
        if rows and result.check:
            assert result.check.rows <= rows
            assert (
                result.check.refused
                == result.check.rows - result.check.new - result.check.changed - result.check.unchanged
            )
