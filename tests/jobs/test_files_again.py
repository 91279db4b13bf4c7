"""Repeated, truncated and resumed files: what they change, and which edits stand (rules 3.2, 3.10)."""

import threading

import pytest

from aggregates.interaction.field_edits import edit_fields
from jobs.upload import run as uploading
from store.application import Dossier
from upload_helpers import counts, end, fields, receive, request, run, uploaded, values

COLUMNS = {"id": "customer_number", "town": "city"}
ONE, TWO = "id,town\n1001,Rome\n", "id,town\n1001,Rome\n1002,Oslo\n1001,Lucca\n"


class StopAfter(threading.Event):
    """Is set when it has been looked at so often."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def is_set(self) -> bool:
        self._looks -= 1
        return self._looks < 0


@pytest.fixture(autouse=True)
def single_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row a transaction."""
    monkeypatch.setattr(uploading, "CHUNK", 1)


def in_pieces(dossier: Dossier, content: str, looks: int) -> tuple[int, int, int, int]:
    """Uploads a file that is cut off again and again, and resumed each time."""
    waiting = receive(dossier, content, COLUMNS)
    for _ in range(4):
        run(dossier, waiting, StopAfter(looks))
    return counts(run(dossier, waiting))


@pytest.mark.parametrize("looks", [1, 99])
def test_a_contradictory_file_changes_nothing_when_it_comes_again_wherever_it_was_cut_off(
    dossier: Dossier, looks: int
) -> None:  # rules 3.2, 3.10
    fields(dossier)
    uploaded(dossier, ONE, COLUMNS)
    assert in_pieces(dossier, TWO, looks) == (1, 1, 1, 0)
    assert values(dossier, "1001")["city"] == "Lucca"
    edit_fields(dossier, request(), number="1001", fields={"city": "Pisa"})
    before = end(dossier)
    assert in_pieces(dossier, TWO, looks) == (0, 0, 3, 0)
    assert end(dossier) == before + 2  # received and finished
    assert values(dossier, "1001")["city"] == "Pisa"


def test_where_the_file_always_wins_only_its_last_row_does(dossier: Dossier) -> None:  # rules 3.2, 3.10
    fields(dossier, town={"label": "Town", "group": "business", "type": "string", "policy": "upload"})
    columns = {"id": "customer_number", "town": "town"}
    uploaded(dossier, TWO, columns)
    edit_fields(dossier, request(), number="1001", fields={"town": "Pisa"})
    assert counts(uploaded(dossier, TWO, columns)) == (0, 1, 2, 0)
    assert values(dossier, "1001")["town"] == "Lucca"
    assert counts(uploaded(dossier, TWO, columns)) == (0, 0, 3, 0)
