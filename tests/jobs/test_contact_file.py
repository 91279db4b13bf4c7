"""Reading contact files: detection of the format, valid rows, and the message for a file that is not a contact file (rules 3.2, 3.9)."""

import codecs
import gzip
from collections.abc import Iterable
from typing import Final

import pytest

from aggregates.field.standard import STANDARD
from aggregates.upload.mapping import SPECIAL
from jobs.upload.contact_file.reader import check_columns, read_rows
from jobs.upload.contact_file.rows import LONGEST_LINE, FileRefusedError, Layout, Row

PEOPLE: Final = Layout({"id": "customer_number", "name": "first_name", "town": "city"})
TWO: Final = "id,name,town\n1,Ann,Rome\n2,Bob,Oslo\n"


def rows(content: str | bytes, layout: Layout = PEOPLE, size: int = 7) -> list[Row]:
    """The rows of a file that comes in pieces of this size: 7 bytes part every character and line somewhere."""
    encoded = content.encode() if isinstance(content, str) else content
    return list(read_rows(pieces(encoded, size), layout))


def pieces(content: bytes, size: int) -> Iterable[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def cells(content: str | bytes, layout: Layout = PEOPLE) -> list[list[str]]:
    return [list(row.cells.values()) for row in rows(content, layout)]


@pytest.mark.parametrize("delimiter", [",", ";", "|", "~", "\t"])
def test_the_delimiter_is_detected(delimiter: str) -> None:  # rule 3.2
    assert cells(TWO.replace(",", delimiter)) == [["1", "Ann", "Rome"], ["2", "Bob", "Oslo"]]


def test_a_delimiter_that_is_given_takes_precedence() -> None:  # rule 3.2
    told = Layout(PEOPLE.columns, delimiter=";")
    assert cells("id;name;town\n1;a,b,c;Rome\n", told) == [["1", "a,b,c", "Rome"]]


def test_a_comma_inside_other_delimiters_does_not_confuse() -> None:  # rule 3.2
    assert cells("id|name|town\n1|Waller, Ann|Rome\n2|Berry, Lachlan|Oslo\n")[0] == ["1", "Waller, Ann", "Rome"]


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_byte_order_mark_is_no_part_of_the_first_column(mark: bytes) -> None:  # rule 3.2
    assert cells(mark + TWO.encode())[0] == ["1", "Ann", "Rome"]


def test_letters_of_all_scripts_survive_being_cut_anywhere() -> None:  # rule 3.9
    for size in range(1, 9):
        [row] = rows("id,name,town\n1,李 O’Brien,Ålesund\n", size=size)
        assert row.cells == {"customer_number": "1", "first_name": "李 O’Brien", "city": "Ålesund"}


def test_a_blank_after_each_comma_and_empty_lines_are_no_content() -> None:  # rule 3.2
    assert cells("id, name, town\n1, Ann, Rome\n\n\n2, , Oslo\n") == [["1", "Ann", "Rome"], ["2", "", "Oslo"]]


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_ends() -> None:  # rule 3.2
    assert cells('id,name,town\r\n1,"Waller, ""Ann""\nMary",Rome\r\n') == [["1", 'Waller, "Ann"\nMary', "Rome"]]


def test_a_file_without_a_header_is_mapped_by_position() -> None:  # rule 3.2
    assert cells("1;Rome\n2;Oslo\n", Layout({"1": "customer_number", "2": "city"})) == [["1", "Rome"], ["2", "Oslo"]]
    told = Layout({"1": "customer_number"}, header=False)
    assert cells("7\n8\n", told) == [["7"], ["8"]]


def test_columns_that_are_not_mapped_are_left_out() -> None:  # rule 3.2
    assert cells("id,x,name,town,y\n1,?,Ann,Rome,?\n") == [["1", "Ann", "Rome"]]


def test_a_row_of_another_width_is_one_fault_and_the_next_row_goes_on() -> None:  # rule 3.2
    found = rows("id,name,town\n1,Ann\n2,Bob,Oslo\n3,a,b,c\n")
    assert [row.fault for row in found] == [
        "The row has 2 cells, not 3 like the first.",
        None,
        "The row has 4 cells, not 3 like the first.",
    ]
    assert [row.number for row in found] == [1, 2, 3]


def test_a_misplaced_quotation_mark_is_one_fault() -> None:  # rule 3.2
    found = rows('id,name,town\n1,"Ann"a,Rome\n2,Bob,Oslo\n')
    assert [row.fault is None for row in found] == [False, True]
    assert found[1].cells["first_name"] == "Bob"


def test_formulas_are_read_as_the_text_they_are() -> None:  # rule 3.2
    assert cells("id,name,town\n1,\"=cmd|'/C calc'!A0\",@x\n") == [["1", "=cmd|'/C calc'!A0", "@x"]]


def test_json_lines_are_read_without_losing_digits() -> None:  # rule 3.2
    content = '{"id": 1, "name": "Ann", "town": 12345678901234567890.10}\n{"id": "2", "name": null}\n'
    assert cells(content) == [["1", "Ann", "12345678901234567890.10"], ["2", "", ""]]


def test_a_line_that_is_no_json_object_is_one_fault() -> None:  # rule 3.2
    deep, many = "[" * 65 + "1" + "]" * 65, ", ".join(["0"] * 2_001)
    found = rows(
        '{"id": 1}\n{"id": \n{"id": NaN}\n[1]\n'
        f'{{"id": 2, "x": {deep}}}\n{{"id": 3, "x": [{many}]}}\n'
        '{"id": {"a": 1}}\n{"id": 5}\n'
    )
    assert [row.fault for row in found] == [
        None,
        "The line is not JSON. Expecting value at character 7.",
        "The line is not JSON: it holds NaN or an infinity.",
        "The line is not a JSON object.",
        "The line is nested more than 64 deep at character 79.",
        "The line has more than 2,000 members and elements.",
        "id is not a single value.",
        None,
    ]


def test_a_member_that_comes_more_than_once_fails_its_row_wherever_it_is() -> None:  # rules 0.9, 3.2
    found = rows('{"id": 1, "x": 1, "X": 1}\n{"id": 2, "x": 1, "x": 1}\n{"id": 3, "x": [{"y": {"z": 1, "z": 2}}]}\n')
    assert [row.fault for row in found] == [
        None,
        "The line has more than one member x.",
        "The line has more than one member x.0.y.z.",
    ]


REFUSED: Final = {
    "empty": (b"", "The file is empty."),
    "a delimiter and no row": (b"sep=;\n\n", "The file is empty."),
    "a first row that cannot be read": (b'"na"me\n', "Line 1 cannot be read. Text follows the closing"),
    "blank lines": (b"\n \n", "The file is empty."),
    "zip": (b"PK\x03\x04rest", "ZIP archive or a workbook"),
    "gzip": (gzip.compress(TWO.encode()), "gzip archive"),
    "utf-16": (TWO.encode("utf-16"), "written in UTF-16"),
    "utf-16 without a mark": (TWO.encode("utf-16-le"), "binary, or written in UTF-16"),
    "binary": (bytes(range(256)) * 40, "binary"),
    "latin-1": ("id,name,town\n1,Ann,Rome\n2,José,Oslo\n".encode("latin-1"), "Line 3 is not UTF-8."),
    "one long line": (b"x" * (LONGEST_LINE + 100), "Line 1 is longer than"),
    "an open quotation mark": (
        b'id,name,town\n1,"Ann,Rome\n' + b"2,Bob,Oslo\n" * 30_000,
        "opened in the row of line 2 is never closed",
    ),
    "an open quotation mark at the end": (b'id,name,town\n1,Ann,"Rome\n', "is never closed"),
    "duplicate headers": (b"id,name,name\n1,a,b\n", "Columns 2, 3 of the header have the same name."),
    "too many columns": (b"id," * 50_000 + b"x\n", "a contact file has at most 2,000"),
    "a record without end": (b'id,name,town\n1,Ann,"Rome\n' + b'a","b\n' * 300_000, "is never closed"),
    "no header": (
        b"1,Ann,Rome\n",
        "None of the mapped columns (id, name, town) is in the first row, which has 3 cells.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_contact_file_gets_one_clear_sentence(case: str) -> None:  # rule 3.2
    content, words = REFUSED[case]
    with pytest.raises(FileRefusedError) as refused:
        rows(content, size=max(5, len(content) // 50))
    assert words in str(refused.value)


def test_rows_before_a_broken_one_have_been_given() -> None:  # rule 3.2
    given: list[int] = []
    with pytest.raises(FileRefusedError):
        given += (row.number for row in read_rows(pieces(b'id,name,town\n1,Ann,Rome\n2,"Bob\n', 9), PEOPLE))
    assert given == [1]


def test_the_rows_before_what_is_not_utf_8_are_given() -> None:  # rule 3.2
    given: list[int] = []
    content = b"id,name,town\n1,Ann,Rome\n2,Bob,Oslo\n3,Z\xff,Bern\n4,Di,Riga\n"
    for size in (1, 7, 1_000):
        given.clear()
        with pytest.raises(FileRefusedError, match="Line 4 is not UTF-8"):
            given.extend(row.number for row in _noting(given, read_rows(pieces(content, size), PEOPLE)))
        assert given == [1, 2]


def _noting(given: list[int], found: Iterable[Row]) -> Iterable[Row]:
    for row in found:
        given.append(row.number)
    yield from ()


def test_an_empty_line_within_quotation_marks_is_content() -> None:  # rule 3.2
    assert cells('\n\nid,name,town\n1,"Ann\n\nMary",Rome\n') == [["1", "Ann\n\nMary", "Rome"]]


# Columns


SAME_NAMES: Final = {
    "case": "ID,Name,TOWN",
    "blanks": " id ,name\u00a0,\u2003town",
    "zero-width characters": "id\u200b,\u2060name,\u200dtown\u200c",
    "two byte order marks": "\ufeff\ufeffid,name,town",
    "a byte order mark within": "id,name,\ufefftown",
}


@pytest.mark.parametrize("case", SAME_NAMES)
def test_names_are_compared_trimmed_and_without_case(case: str) -> None:  # rule 0.9
    header = SAME_NAMES[case]
    assert cells(f"{header}\n1,Ann,Rome\n") == [["1", "Ann", "Rome"]]
    line = "{" + ", ".join(f'"{name}": "{value}"' for name, value in zip(header.split(","), "1xy", strict=True)) + "}\n"
    assert cells(line) == [["1", "x", "y"]]


def test_composed_and_decomposed_letters_are_the_same_name() -> None:  # rule 0.10
    composed, decomposed = "gr\u00f6\u00dfe", "gro\u0308\u00dfe"
    for mapped, named in ((composed, decomposed), (decomposed, composed), (composed, composed.upper())):
        layout = Layout({mapped: "city"})
        assert cells(f"{named},x\nRome,1\n", layout) == [["Rome"]]
        assert cells(f'{{"{named}": "Rome"}}\n', layout) == [["Rome"]]


MISSING: Final = {
    "the key": ("name,town\nAnn,Rome\n", "The file has no column id; its first row has 2 cells."),
    "values": ("id\n1\n", "The file has no columns name, town; its first row has 1 cell."),
    "a blank within": ("id,na\u00a0me,town\n1,Ann,Rome\n", "The file has no column name;"),
    "all": ("a,b\n1,2\n", "None of the mapped columns (id, name, town) is in the first row, which has 2 cells."),
}


@pytest.mark.parametrize("case", MISSING)
def test_a_file_without_a_mapped_column_is_refused_by_name_before_any_row(case: str) -> None:  # rule 0.9
    content, words = MISSING[case]
    with pytest.raises(FileRefusedError) as refused:
        next(read_rows([content.encode()], PEOPLE))
    assert str(refused.value).startswith(words)
    assert "compared without regard to case" in str(refused.value)


def test_a_position_beyond_the_first_row_is_a_missing_column() -> None:  # rule 0.9
    with pytest.raises(FileRefusedError, match="The file has no column 3; its first row has 2 cells"):
        rows("1;Rome\n", Layout({"1": "customer_number", "3": "city"}))


def test_json_lines_without_one_member_for_a_column_are_refused_before_any_row() -> None:  # rule 0.9
    with pytest.raises(FileRefusedError, match="No line has members id, town"):
        check_columns(lambda: [b'{"name": "Ann"}\n{"name": 1, "tow": 2}\nno json\n'], PEOPLE)
    with pytest.raises(FileRefusedError, match="No line has a member town"):
        check_columns(lambda: [b'{"ID": 1, "name": "Ann"}\n\xff'], PEOPLE)
    check_columns(lambda: [b'{"ID": 1}\n{"Town": 1}\n{"name": null}\n'], PEOPLE)
    check_columns(lambda: [b"name\n"], PEOPLE)


def test_names_that_cannot_be_told_apart_are_refused() -> None:  # rule 0.9
    with pytest.raises(FileRefusedError, match="Columns 3, 4 of the header have the same name"):
        rows("id,name,Town,town\u200b\n1,Ann,Rome,Oslo\n")
    with pytest.raises(FileRefusedError, match="The mapped columns Town and town have the same name"):
        rows("id,town\n1,Rome\n", Layout({"Town": "city", "town": "name"}))
    [twice, nested] = rows('{"id": 1, "town": "Rome", "Town": "Oslo"}\n{"id": {"town": 1, "Town": 2}}\n')
    assert (twice.fault, nested.fault) == ("The line has more than one member town.", "id is not a single value.")


# Characters, line ends, quotation marks


@pytest.mark.parametrize("target", [*SPECIAL, *(one["key"] for one in STANDARD)])
def test_half_a_character_fails_its_row_only(target: str) -> None:  # rule 3.2
    layout = Layout({"id": "id", "x": target})
    [first, second] = rows('{"id": 1, "x": "a\\ud800"}\n{"id": 2, "x": "b", "\\udfff": "\\ud800"}\n', layout)
    assert first.fault == "x contains half of a character (a lone surrogate), which cannot be stored."
    assert (second.fault, second.cells[target]) == (None, "b")


@pytest.mark.parametrize("size", [1, 2, 3, 1_000])
@pytest.mark.parametrize("ends", ["\r\r\r", "\n\r\n", "\r\n\r", "\r\n\r\n\r\n"])
def test_a_line_ends_with_cr_lf_or_both(ends: str, size: int) -> None:  # rule 3.2
    first, second, third = ends if len(ends) == 3 else ("\r\n",) * 3
    content = f'id,name,town{first}1,"Ann\rMary",Rome{second}2,Bob,Oslo{third}3,Cy,Bern'
    expected = [["1", "Ann\rMary", "Rome"], ["2", "Bob", "Oslo"], ["3", "Cy", "Bern"]]
    assert [list(row.cells.values()) for row in rows(content, size=size)] == expected
    as_json = [row.cells["city"] for row in rows(f'{{"town": 1}}{first}{{"town": 2}}{second}{{"town": 3}}', size=size)]
    assert as_json == ["1", "2", "3"]


def test_a_quoted_cell_may_be_long_and_have_many_lines() -> None:  # rule 3.2
    long = "Ann\n" * 100_000
    [row, after] = rows(f'id,name,town\n1,"{long}",Rome\n2,Bob,Oslo\n', size=50_000)
    assert (row.fault, row.cells["first_name"], after.cells["city"]) == (None, long.strip(), "Oslo")
    [quotes] = rows('id,name,town\n1,"""""\n""""\n""",Rome\n')
    assert quotes.cells["first_name"] == '""\n""\n"'


def test_a_row_with_a_misplaced_quotation_mark_says_why_and_keeps_its_text() -> None:  # rule 3.2
    [row, _] = rows('id,name,town\n1,"Ann" x,Rome\n2,Bob,Oslo\n')
    assert row.fault is not None
    assert row.fault.startswith("Text follows the closing quotation mark of a cell;")
    assert row.original is not None
    assert row.original.written() == '1,"Ann" x,Rome'


@pytest.mark.parametrize("delimiter", [",", ";", "|", "~", "\t"])
@pytest.mark.parametrize("around", ["", '"'])
def test_a_first_line_that_tells_the_delimiter_is_no_row(delimiter: str, around: str) -> None:  # rule 3.2
    first = f"{around}sep={delimiter}{around}\r\n"
    content = TWO.replace(",", delimiter)
    assert cells(first + content) == [["1", "Ann", "Rome"], ["2", "Bob", "Oslo"]]
    assert cells(first.upper() + content, Layout(PEOPLE.columns, delimiter)) == cells(content)


def test_a_first_line_that_tells_another_delimiter_is_refused() -> None:  # rule 3.2
    with pytest.raises(FileRefusedError, match="sets the delimiter to :; it must be one of"):
        rows("sep=:\nid:name:town\n1:Ann:Rome\n")


# Where a row is, however it is read


def test_the_line_of_a_row_does_not_depend_on_how_the_file_is_read() -> None:  # rule 3.2
    content = '\n\nname;town\n"Ann\nMary";Rome\n\nBob;Oslo\n'
    layouts = [
        Layout({"name": "name", "town": "city"}),
        Layout({"1": "name"}),
        Layout({"1": "name"}, delimiter=","),
        Layout({"1": "name"}, header=False, delimiter="|"),
    ]
    for layout in layouts:
        lines = {row.line for row in rows(content, layout)}
        assert {4, 7} <= lines <= {3, 4, 5, 7}
    assert [row.line for row in rows('\n{"town": 1}\n\n{"town": 2}\n')] == [2, 4]


# Rows as they came


def test_a_row_can_be_written_again_without_what_must_not_be_shown() -> None:  # rules 3.2, 5.2
    [row] = rows('id,x,name,town\n1,?,"Waller, Ann",Rome\n')
    assert row.original is not None
    assert row.original.written() == '1,?,"Waller, Ann",Rome'
    assert row.original.without({"city", "mail"}).written() == '1,?,"Waller, Ann",••••'
    line = '{"id": 1.50, "Town": "\\ud800", "x": [{"y": "é"}], "name": "Ann"}'
    [row] = rows(line)
    assert row.original is not None
    assert row.original.without({"mail"}).written() == line
    assert row.original.without({"first_name"}).written() == line.replace("Ann", "••••")
    [_, short] = rows("id,name,town\n1,Ann,Rome\n2,Bob\n")
    assert short.original is not None
    assert (short.original.written(), short.original.without({"city"}).written()) == ("2,Bob", "")
