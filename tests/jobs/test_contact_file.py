"""Reading contact files: what is detected, what a row may be, and the one sentence for a file that is none (rules 3.2, 3.9)."""

import codecs
import gzip
from collections.abc import Iterable
from typing import Final

import pytest

from jobs.contact_file import LONGEST_LINE, FileRefusedError, Layout, Row, read_rows

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


def test_a_delimiter_that_is_told_wins() -> None:  # rule 3.2
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
    assert cells("id,x,town,y\n1,?,Rome,?\n") == [["1", "Rome"]]


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
    assert cells(content) == [["1", "Ann", "12345678901234567890.10"], ["2"]]


def test_a_line_that_is_no_json_object_is_one_fault() -> None:  # rule 3.2
    found = rows('{"id": 1}\n{"id": \n[1]\n{"id": {"a": 1}}\n{"id": 5}\n')
    assert [row.fault for row in found] == [
        None,
        "The line is not JSON.",
        "The line is not a JSON object.",
        "id is not a single value.",
        None,
    ]


REFUSED: Final = {
    "empty": (b"", "The file is empty."),
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
    "too many columns": (b"id," * 50_000 + b"x\n", "a contact file has 2,000 at most"),
    "a record without end": (b'id,name,town\n1,Ann,"Rome\n' + b'a","b\n' * 300_000, "is never closed"),
    "no header": (b"1,Ann,Rome\n", "None of the mapped columns (id, name, town) is among the 3 of the first row."),
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
