"""Jobs and events that would be too large (rule 0.11): only the row or profile concerned is left out, with the reason."""

import pytest

from aggregates.account import profile
from aggregates.account.commands import update_profile
from aggregates.account.place import Place
from aggregates.fact import EventTooLargeError
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.profile_class.propagation import change_of
from conftest import TODAY
from jobs.propagation import preview as previewing
from projections.catalogue import projections
from projections.reading.read_models import ReadModels
from propagation_helpers import begin, catch_up, change, company, request, told, work
from store import mapper
from store.application import Dossier
from upload_helpers import HEADER, counts, fields, uploaded, values, wrong


def test_a_row_that_is_too_large_fails_and_the_others_go_in(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rules 0.11, 3.2
    fields(dossier)
    monkeypatch.setattr(mapper, "MOST_EVENT_BYTES", 1_500)
    rows = [f"{number},,Ada,{'😀' * 400 if number == 1003 else 'Rome'}," for number in range(1001, 1006)]
    done = uploaded(dossier, HEADER + "\n".join(rows))
    assert counts(done) == (4, 0, 0, 1)
    [refused] = wrong(dossier, done)
    assert (refused.row, refused.field) == (3, None)
    assert "is the most" in refused.reason
    assert [values(dossier, number)["city"] for number in ("1001", "1002", "1004", "1005")] == ["Rome"] * 4
    with pytest.raises(AssertionError):
        values(dossier, "1003")


def test_a_profile_that_would_be_too_large_is_skipped_and_the_preview_says_so(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rules 0.11, 2.17
    company(dossier, accounts=3)
    update_profile(dossier, request(), Place("A-2"), attributes={f"note{number}": "x" * 200 for number in range(20)})
    version = change(dossier)
    catch_up(dossier)
    monkeypatch.setattr(mapper, "MOST_EVENT_BYTES", 3_000)
    monkeypatch.setattr(profile, "MOST_ATTRIBUTES", 19)
    reason = EventTooLargeError(4_000).text.partition(":")[0]
    class_change = change_of(dossier.load(ProfileClass, "Prompt"), "Prompt", version)
    reads = ReadModels(dossier, projections(dossier))
    preview = previewing.preview(dossier, reads, class_change, TODAY, include_later=False, position=None)
    begin(dossier, version)
    work(dossier)
    outcomes = told(dossier, version)
    assert [(account, outcome) for account, _, outcome, _ in outcomes] == [
        ("A-1", "changed"),
        ("A-2", "skipped"),
        ("A-3", "changed"),
    ]
    assert (outcomes[1][3] or "").startswith(reason)
    assert (preview.changed, preview.skipped) == (2, 1)
