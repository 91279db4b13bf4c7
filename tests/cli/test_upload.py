"""`dossier upload`: an upload, its summary, and a run that continues an earlier one (rule 3.2)."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aggregates.effective import Days, When
from aggregates.upload.commands import save_mapping
from command_line import CommandLine
from jobs.upload import records, run, staging
from upload_helpers import customer, facts_of, fields, receive, request, values

MAP = ("--map", "id=customer_number", "--map", "first=first_name", "--map", "town=city")


@pytest.fixture
def line(line: CommandLine) -> CommandLine:
    """A company with fields and the mapping `contacts`."""
    with line.dossier() as dossier:
        fields(dossier)
        columns = {"id": "customer_number", "first": "first_name", "town": "city"}
        save_mapping(dossier, request(), name="contacts", columns=columns)
    return line


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    """Three rows, one of them with a fault."""
    file = tmp_path / "contacts.csv"
    file.write_text("id;first;town\n1001;Ada;Rome\n1 2;Bob;Oslo\n1003;Cy;Bern\n")
    return file


def test_a_file_is_taken_in_and_summed_up(line: CommandLine, contacts: Path) -> None:  # rule 3.2
    result = line.run("upload", str(contacts), "--mapping", "contacts", "--actor", "mia")
    assert result.exit_code == 3, result.output
    assert ": 3 rows of contacts.csv" in result.stdout
    for count, meaning in (
        ("2", "did not exist before"),
        ("0", "something new"),
        ("0", "known already"),
        ("1", "a fault"),
    ):
        assert any(count in row and meaning in row for row in result.stdout.splitlines())
    assert "/errors" in result.stdout
    with line.dossier() as dossier:
        assert values(dossier, "1001", dossier.today()) == {"first_name": "Ada", "city": "Rome"}
        [made, _] = facts_of(dossier, "customer.registered")
        assert (made.origin.actor, made.origin.source.value) == ("mia", "upload")


def test_the_same_file_twice_changes_nothing(line: CommandLine, contacts: Path) -> None:  # rule 3.2
    first = line.asked("upload", str(contacts), *MAP, status=3)
    again = line.asked("upload", str(contacts), *MAP, status=3)
    names = ("state", "new", "changed", "unchanged", "failed")
    assert [first[name] for name in names] == ["finished", 2, 0, 0, 1]
    assert [again[name] for name in names] == ["finished", 0, 0, 2, 1]
    assert first["upload"] != again["upload"]


def test_what_was_begun_is_gone_on_with(
    line: CommandLine, contacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 3.2
    monkeypatch.setattr(run, "CHUNK", 1)
    put, stored = run.Dossier.put, []

    def dying(self: Any, facts: Any, **rows: Any) -> Any:
        if len(stored) == 1:
            raise KeyboardInterrupt
        stored.append(facts)
        return put(self, facts, **rows)

    with monkeypatch.context() as patch:
        patch.setattr(run.Dossier, "put", dying)
        interrupted = line.run("upload", str(contacts), *MAP)
    with line.dossier() as dossier, dossier.database.connection() as connection:
        [begun] = staging.waiting(connection)
        assert (interrupted.exit_code, interrupted.stdout) == (130, "")
        for words in ("Interrupted.", "The rows that were taken stay.", f"dossier upload --cancel {begun}"):
            assert words in interrupted.stderr
        assert len(facts_of(dossier, "customer.registered")) == 1
    done = line.asked("upload", str(contacts), "--mapping", "contacts", status=3)
    assert (done["upload"], done["new"], done["failed"]) == (str(begun), 2, 1)


def test_an_interruption_before_the_file_is_there_keeps_nothing(
    line: CommandLine, contacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 3.2
    with monkeypatch.context() as patch:
        patch.setattr(staging.Staging, "end", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        interrupted = line.run("upload", str(contacts), *MAP)
    assert (interrupted.exit_code, "Nothing of the file was kept." in interrupted.stderr) == (130, True)
    with line.dossier() as dossier, dossier.database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM uploads").fetchone() == (0,)


def test_an_upload_is_cancelled_by_its_id(line: CommandLine, contacts: Path) -> None:  # rule 3.2
    with line.dossier() as dossier:
        waiting = receive(dossier, contacts.read_bytes(), {"id": "customer_number"}, file="contacts.csv")
    result = line.run("upload", "--cancel", str(waiting), "--actor", "eve")
    assert (result.exit_code, "0 rows of contacts.csv, cancelled" in result.stdout) == (0, True)
    with line.dossier() as dossier:
        assert [one.origin.actor for one in facts_of(dossier, "upload.cancelled")] == ["eve"]
    unknown = line.run("upload", "--cancel", "00000000-0000-0000-0000-000000000000")
    assert (unknown.exit_code, "There is no upload" in unknown.stderr) == (1, True)
    assert line.run("upload").exit_code == line.run("upload", str(contacts), "--cancel", str(waiting)).exit_code == 2


def test_the_exit_status_is_0_only_where_every_row_was_taken(line: CommandLine, contacts: Path) -> None:  # rule 3.2
    contacts.write_text("id;first;town\n1001;Ada;Rome\n")
    assert line.run("upload", str(contacts), *MAP).exit_code == 0
    assert "3 when rows were refused" in " ".join(line.run("upload", "--help").stdout.split())


@pytest.mark.parametrize(
    ("options", "words"), [((), "Nothing of the file was kept."), (("--dry-run",), "Nothing was recorded.")]
)
def test_an_interruption_before_the_database_is_there_is_told_too(
    line: CommandLine, contacts: Path, options: tuple[str, ...], words: str
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cli.wiring.Dossier", interrupt)
        interrupted = line.run("upload", str(contacts), *MAP, *options)
    assert (interrupted.exit_code, words in interrupted.stderr) == (130, True)


@pytest.mark.parametrize(
    "command",
    [
        ("upload", "--cancel", "nosuch"),
        ("dead-letters", "show", "nosuch"),
        ("dead-letters", "resend", "nosuch"),
        ("refused-messages", "show", "nosuch"),
        ("refused-messages", "skip", "nosuch"),
    ],
)
def test_what_is_no_id_is_refused_in_words(line: CommandLine, command: tuple[str, ...]) -> None:
    refused = line.run(*command)
    assert refused.exit_code == 2
    assert "must be an" in refused.stderr
    assert "0f7a8d52-6b0e-5c39-9c9e-0d3f3c2b1a00" in refused.stderr
    assert "character" not in refused.stderr


def test_a_dry_run_tells_counts_and_errors_and_records_nothing(line: CommandLine, contacts: Path) -> None:  # rule 3.2
    told = line.run("upload", str(contacts), *MAP, "--dry-run")
    assert (told.exit_code, "3 rows of contacts.csv; nothing was recorded" in told.stdout) == (3, True)
    assert "Row 2, customer_number: The customer number must have" in told.stdout
    dry = line.asked("upload", str(contacts), *MAP, "--dry-run", status=3)
    with line.dossier() as dossier, dossier.database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM uploads").fetchone() == (0,)
        assert facts_of(dossier, "customer.registered", "upload.received") == []
    done = line.asked("upload", str(contacts), *MAP, status=3)
    names = ("state", "rows", "new", "changed", "unchanged", "failed", "digest")
    assert [dry[name] for name in names] == [done[name] for name in names]
    contacts.write_text("a;b\n")
    refused = line.run("upload", str(contacts), *MAP, "--dry-run")
    assert (refused.exit_code, "None of the mapped columns" in refused.stderr) == (1, True)
    assert refused.stdout == ""


def test_rows_without_a_number_and_with_one_that_was_there_before_are_told(
    line: CommandLine, contacts: Path
) -> None:  # rule 3.2
    contacts.write_text("id;first\n1;Ada\n;Bob\n1;Eve\n")
    for options in (("--dry-run",), ()):
        told = line.run("upload", str(contacts), "--map", "id=customer_number", "--map", "first=first_name", *options)
        assert told.exit_code == 0
        assert "1 row without a number: Dossier makes up one for each new customer." in told.stdout
        assert "1 row with a number that an earlier row has: the later row counts." in told.stdout


def test_status_lists_uploads_that_are_not_over_and_why(line: CommandLine, contacts: Path) -> None:  # rule 3.2
    with line.dossier() as dossier, dossier.database.connection() as connection:
        waiting = receive(dossier, contacts.read_bytes(), {"id": "customer_number"}, file="contacts.csv")
        records.set_error(connection, waiting, "The abacus is broken.")
    [listed] = line.asked("status", status=1)["uploads"]
    assert (listed["upload"], listed["state"], listed["error"]) == (str(waiting), "failed", "The abacus is broken.")
    told = line.run("status").stdout
    assert "Uploads under way: 1" in told
    assert str(waiting) in told
    line.run("upload", "--cancel", str(waiting))
    after = line.asked("status", status=1)
    assert (after["uploads"], after["propagations"]) == ([], [])
    assert "under way" not in line.run("status").stdout


def test_another_file_or_other_columns_are_another_upload(line: CommandLine, contacts: Path) -> None:
    with line.dossier() as dossier:
        waiting = receive(dossier, contacts.read_bytes(), {"id": "customer_number"}, file="contacts.csv")
    assert line.asked("upload", str(contacts), *MAP, status=3)["upload"] != str(waiting)


def test_the_same_file_for_other_days_is_another_upload(line: CommandLine, contacts: Path) -> None:  # rule 3.11
    columns = {"id": "customer_number", "first": "first_name", "town": "city"}
    with line.dossier() as dossier:
        days = When(date(2031, 1, 1), date(2031, 12, 31))
        waiting = receive(dossier, contacts.read_bytes(), columns, file="contacts.csv", when=days)
    told = (str(contacts), *MAP, "--effective-from", "2031-01-01")
    assert line.asked("upload", *told, status=3)["upload"] != str(waiting)
    again = line.asked("upload", *told, "--effective-to", "2031-12-31", status=3)
    assert (again["upload"], again["effective_to"]) == (str(waiting), "2031-12-31")


def test_a_worker_that_is_at_it_is_watched(line: CommandLine, contacts: Path) -> None:
    with line.dossier() as dossier:
        waiting = receive(
            dossier,
            contacts.read_bytes(),
            {"id": "customer_number", "first": "first_name", "town": "city"},
            when=When(dossier.today()),
        )
    worker = line.process("work")
    try:
        done = line.asked("upload", str(contacts), *MAP, status=3)
    finally:
        worker.terminate()
        worker.communicate(timeout=30)
    assert (done["upload"], done["state"], done["rows"]) == (str(waiting), "finished", 3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"id,first,town\n\xff", "Line 2 is not UTF-8."),
        (b"a,b\n1,2\n", "None of the mapped columns"),
    ],
)
def test_a_refused_file_is_told_in_one_sentence_and_fails(
    line: CommandLine, tmp_path: Path, content: bytes, words: str
) -> None:  # rule 3.2
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    result = line.run("upload", str(file), *MAP)
    assert result.exit_code == 1
    assert words in result.stderr
    assert "Traceback" not in result.output
    as_json = line.run("upload", str(file), *MAP, "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["state"]) == (1, "refused")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "--mapping NAME, or --map COLUMN=FIELD"),
        (("--map", "town"), "--map takes COLUMN=FIELD, not town."),
        (("--map", "a=city", "--map", "a=name"), "--map names column a twice."),
        (("--map", "town=colour"), "There is no field colour."),
        (("--mapping", "nobody"), "There is no upload mapping nobody."),
        ((*MAP, "--delimiter", "x"), "The delimiter is one of"),
    ],
)
def test_what_cannot_be_meant_is_told(line: CommandLine, contacts: Path, options: tuple[str, ...], words: str) -> None:
    result = line.run("upload", str(contacts), *options)
    assert result.exit_code == 1
    assert words in result.stderr
    with line.dossier() as dossier, dossier.database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM uploads").fetchone() == (0,)


def test_positions_days_and_delimiters_can_be_told(line: CommandLine, tmp_path: Path) -> None:  # rules 3.2, 3.11
    file = tmp_path / "plain.txt"
    file.write_text("1001\tRome, Italy\n")
    told = ("--map", "1=customer_number", "--map", "2=city", "--no-header", "--delimiter", "tab")
    assert (
        line.asked("upload", str(file), *told, "--effective-from", "2027-01-01", "--effective-to", "2027-01-31")["new"]
        == 1
    )
    with line.dossier() as dossier:
        [version] = customer(dossier, "1001").fields.in_force["city"]
        assert (version.days, version.content.value) == (Days(date(2027, 1, 1), date(2027, 1, 31)), "Rome, Italy")


def test_a_file_that_is_not_there_is_a_usage_error(line: CommandLine, tmp_path: Path) -> None:
    assert line.run("upload", str(tmp_path / "none.csv"), *MAP).exit_code == 2
