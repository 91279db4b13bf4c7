"""Real contact files, and an upload that is killed midway: every row is applied exactly once (rule 3.2).

DOSSIER_UPLOAD_ROWS sets the size of the killed upload, for a run with a million rows.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from benchmarks.contacts import COLUMNS

from command_line import CommandLine, company, migrated
from contact_files import febrl, generated
from jobs.upload import staging
from upload_helpers import facts_of, fields

ROWS: Final = int(os.environ.get("DOSSIER_UPLOAD_ROWS", "20000"))
MOST_MEMORY_KB: Final = 300 * 1024
FEBRL_COLUMNS: Final = {
    "rec_id": "customer_number",
    "given_name": "first_name",
    "surname": "last_name",
    "address_1": "address",
    "suburb": "city",
    "date_of_birth": "date_of_birth",
}
NAMES: Final = ("new", "changed", "unchanged", "failed")


@pytest.fixture
def line(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    """A company with the standard fields."""
    for name in [name for name in os.environ if name.startswith("DOSSIER_") and name != "DOSSIER_DATA"]:
        monkeypatch.delenv(name)
    with company(postgres_url, tmp_path / "data") as made, migrated(made).dossier() as dossier:
        fields(dossier)
        yield made


def mapped(columns: dict[str, str]) -> list[str]:
    """The columns as options."""
    return [option for column, target in columns.items() for option in ("--map", f"{column}={target}")]


@pytest.mark.parametrize("name", ["febrl1.csv", "febrl3.csv"])
def test_real_contacts_go_in_as_they_are_and_the_second_time_change_nothing(
    line: CommandLine, tmp_path: Path, name: str
) -> None:  # rules 3.2, 3.9
    source, file, rows, unreadable = febrl(name, tmp_path)
    first = line.asked("upload", str(file), *mapped(FEBRL_COLUMNS), status=3)
    again = line.asked("upload", str(file), *mapped(FEBRL_COLUMNS), status=3)
    for told in (first, again):
        print(source, {count: told[count] for count in NAMES})
    assert [first[count] for count in NAMES] == [rows - unreadable, 0, 0, unreadable]
    assert [again[count] for count in NAMES] == [0, 0, rows - unreadable, unreadable]
    with line.dossier() as dossier:
        assert len(facts_of(dossier, "customer.registered")) == rows - unreadable
        assert facts_of(dossier, "customer.fields_uploaded") == []


@pytest.mark.timeout(3_600)
def test_a_killed_upload_goes_on_to_the_same_end_and_memory_stays_bounded(line: CommandLine, tmp_path: Path) -> None:
    # rule 3.2
    file = tmp_path / "many.csv"
    size = generated(file, ROWS)
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    print(f"{ROWS:,} rows, {size:,} bytes, seed {seed}")
    deaths = [chance.uniform(0.1, 0.8) for _ in range(2)]
    peaks = []
    for share in sorted(deaths):
        process = upload(line, file)
        eventually_or_dead(line, process, int(share * ROWS))
        peaks.append(peak_kb(process.pid))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        print(f"killed after {stored(line):,} rows")
    process = upload(line, file)
    out, _ = process.communicate(timeout=3_000)
    done = json.loads(out.splitlines()[-1])
    peaks.append(done["peak_kb"])
    print(f"peak memory {max(peaks) / 1024:.0f} MiB")
    assert max(peaks) < MOST_MEMORY_KB
    told = done["upload"]
    assert (told["state"], told["rows"], told["new"], told["failed"]) == ("finished", ROWS, ROWS, 0)
    with line.dossier() as dossier, dossier.database.connection() as connection:
        assert connection.execute(
            "SELECT count(*), count(DISTINCT originator_id) FROM events WHERE topic = 'customer.registered'"
        ).fetchone() == (ROWS, ROWS)
        assert connection.execute("SELECT count(*) FROM events WHERE topic = 'upload.received'").fetchone() == (1,)
        steps = connection.execute("SELECT first_row, last_row FROM upload_steps ORDER BY first_row").fetchall()
        assert [first for first, _ in steps] == [1, *(last + 1 for _, last in steps[:-1])]
        assert steps[-1][1] == ROWS
        assert staging.waiting(connection) == []


_MEASURED: Final = """
import json, re, sys
from pathlib import Path
from contextlib import redirect_stdout
from io import StringIO
from cli.main import app
with redirect_stdout(StringIO()) as told:
    try:
        app(sys.argv[1:])
    except SystemExit as end:
        assert not end.code, told.getvalue()
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(json.dumps({"upload": json.loads(told.getvalue()), "peak_kb": peak}))
"""


def upload(line: CommandLine, file: Path) -> "subprocess.Popen[str]":
    """`dossier upload` as a process of its own, which tells its peak memory at its end.

    Not by `getrusage`: the peak that it tells includes that of the process it was forked from.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _MEASURED, "upload", str(file), *mapped(COLUMNS), "--json"],
        env={**os.environ, **line.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def eventually_or_dead(line: CommandLine, process: Any, rows: int) -> None:
    """Waits until so many rows are stored, or the process is at its end."""
    pause = threading.Event()
    while stored(line) < rows and process.poll() is None:
        pause.wait(0.02)


def stored(line: CommandLine) -> int:
    """How many rows are done with."""
    with line.dossier() as dossier, dossier.database.connection() as connection:
        found = connection.execute("SELECT coalesce(max(last_row), 0) FROM upload_steps").fetchone()
    return int(found[0]) if found else 0


def peak_kb(pid: int) -> int:
    """The most memory that a process has had, in KiB; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) if found else 0
