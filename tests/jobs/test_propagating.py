"""Which profiles a propagation changes, how, and what it leaves unchanged (rules 2.15-2.17)."""

import json
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest

from aggregates.account.account import Account
from aggregates.account.commands import assign_class, end_site_profile, update_profile
from aggregates.account.place import Place
from aggregates.account.propagating import LEFT_OUT, ONLY_LATER
from aggregates.account.site import Site
from aggregates.effective import When
from aggregates.errors import ConflictError
from aggregates.fact import Source
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.profile_class.propagation import PropagationNotFoundError, PropagationStartedError, change_of
from conftest import TODAY
from jobs.propagation import preview as previewing
from jobs.propagation import progress
from jobs.propagation.models import Preview
from jobs.propagation.progress import State
from projections.catalogue import projections
from projections.reading.read_models import ReadModels
from propagation_helpers import (
    START,
    account,
    begin,
    catch_up,
    change,
    company,
    facts_of,
    ids,
    propagated,
    read,
    report,
    request,
    site,
    told,
    work,
)
from store.application import Dossier

LATER = date(2027, 1, 1)


def previewed(dossier: Dossier, version: int, run_date: date = TODAY, **more: Any) -> Preview:
    """The preview of a version of class Prompt, over a read model that has folded everything."""
    catch_up(dossier)
    asked = {"include_later": False, "position": None} | more
    found = change_of(dossier.load(ProfileClass, "Prompt"), "Prompt", version)
    with closing(ReadModels(dossier, projections(dossier))) as reads:
        return previewing.preview(dossier, reads, found, run_date, **asked)


def versions(dossier: Dossier, number: str) -> list[tuple[date, date | None, str, object, int]]:
    """The versions of an account's profile: from, to, class, payment terms, class version."""
    found = dossier.load(Account, number)
    assert found is not None
    return [
        (
            one.days.first,
            one.days.last,
            one.content.profile_class,
            one.content.terms.options.payment_terms,
            one.content.class_version,
        )
        for one in found.profiles
    ]


def test_each_profile_in_force_has_a_new_version_from_the_run_date(dossier: Dossier) -> None:  # rule 2.16
    company(dossier, accounts=2)
    version = change(dossier)
    begin(dossier, version)
    work(dossier)
    for number in ("A-1", "A-2"):
        assert versions(dossier, number) == [
            (START, TODAY - timedelta(days=1), "Prompt", "NET30", 1),
            (TODAY, None, "Prompt", "NET45", 2),
        ]
    assert told(dossier, version) == [("A-1", "", "changed", None), ("A-2", "", "changed", None)]


def test_what_was_set_here_on_other_options_lives_on(dossier: Dossier) -> None:  # rule 2.16
    company(dossier, accounts=1)
    update_profile(
        dossier, request(), Place("A-1"), options={"collector": "EU-9"}, amounts={"USD": {"credit_limit": "5"}}
    )
    begin(dossier, change(dossier))
    work(dossier)
    found = dossier.load(Account, "A-1")
    assert found is not None
    profile = found.profiles.at(TODAY)
    assert profile is not None
    assert (profile.terms.options.collector, profile.terms.options.payment_terms) == ("EU-9", "NET45")
    assert profile.set_here().keys() == {"options.collector", "amounts.USD.credit_limit"}
    assert propagated(dossier)[0].changed == ["options.payment_terms"]


def test_unmodified_profiles_only_skips_what_was_modified_here_and_says_why(dossier: Dossier) -> None:  # rule 2.15
    company(dossier, accounts=2)
    update_profile(dossier, request(), Place("A-2"), options={"risk_code": "LOW"})
    version = change(dossier, "unmodified")
    begin(dossier, version)
    work(dossier)
    assert told(dossier, version) == [("A-1", "", "changed", None), ("A-2", "", "skipped", "Modified here.")]
    assert ids(propagated(dossier)) == [Account.id_of("demo", "A-1")]


def test_sites_are_changed_like_accounts_and_what_has_no_profile_of_the_class_is_not_concerned(
    dossier: Dossier,
) -> None:  # rules 2.14, 2.16
    company(dossier, accounts=2)
    account(dossier, "A-3", profile_class="DEFAULT")
    site(dossier, "A-1", "S-1")
    site(dossier, "A-1", "S-2", profile_class=None)
    site(dossier, "A-2", "S-1")
    end_site_profile(dossier, request(), Place("A-2", "S-1"), last_day=TODAY - timedelta(days=1))
    site(dossier, "A-3", "S-1")
    version = change(dossier)
    begin(dossier, version)
    work(dossier)
    assert told(dossier, version) == [
        ("A-1", "", "changed", None),
        ("A-1", "S-1", "changed", None),
        ("A-2", "", "changed", None),
        ("A-3", "S-1", "changed", None),
    ]
    found = dossier.load(Site, "A-3/S-1")
    assert found is not None
    profile = found.profiles.at(TODAY)
    assert profile is not None
    assert profile.terms.options.payment_terms == "NET45"


@pytest.mark.parametrize(("include_later", "terms"), [(False, "NET30"), (True, "NET45")])
def test_later_dated_versions_are_left_alone_unless_asked(
    dossier: Dossier, include_later: bool, terms: str
) -> None:  # rule 2.16
    company(dossier, accounts=1)
    update_profile(dossier, request(), Place("A-1"), options={"risk_code": "LOW"}, when=When(LATER))
    version = change(dossier)
    begin(dossier, version, include_later=include_later)
    work(dossier)
    assert versions(dossier, "A-1") == [
        (START, TODAY - timedelta(days=1), "Prompt", "NET30", 1),
        (TODAY, LATER - timedelta(days=1), "Prompt", "NET45", 2),
        (LATER, None, "Prompt", terms, 2 if include_later else 1),
    ]
    assert told(dossier, version) == [("A-1", "", "changed", None if include_later else LEFT_OUT)]


def test_profiles_that_get_the_class_only_after_the_run_date_are_reached_when_asked(
    dossier: Dossier,
) -> None:  # rule 2.16
    company(dossier, accounts=1)
    account(dossier, "A-2", profile_class="DEFAULT")
    assign_class(dossier, request(), Place("A-2"), profile_class="Prompt", when=When(LATER))
    version = change(dossier)
    begin(dossier, version, include_later=True)
    work(dossier)
    assert told(dossier, version) == [("A-1", "", "changed", None), ("A-2", "", "changed", None)]
    assert versions(dossier, "A-2")[-1] == (LATER, None, "Prompt", "NET45", 2)


def test_a_further_run_brings_what_was_left_out_and_nothing_twice(dossier: Dossier) -> None:  # rules 2.16, 2.17
    company(dossier, accounts=1)
    account(dossier, "A-2", profile_class="DEFAULT")
    december = When(date(2026, 12, 1), date(2026, 12, 31))
    assign_class(dossier, request(), Place("A-1"), profile_class="DEFAULT", when=december)
    assign_class(dossier, request(), Place("A-2"), profile_class="Prompt", when=When(LATER))
    version = change(dossier)
    begin(dossier, version)
    work(dossier)
    first = told(dossier, version)
    assert first == [("A-1", "", "changed", LEFT_OUT), ("A-2", "", "skipped", ONLY_LATER)]
    begin(dossier, version, include_later=True)
    work(dossier)
    assert told(dossier, version) == [("A-1", "", "changed", None), ("A-2", "", "changed", None)]
    assert [fact.effective_from for fact in propagated(dossier)] == [TODAY, LATER, LATER]
    begin(dossier, version, include_later=True)
    work(dossier)
    assert [outcome for _, _, outcome, _ in told(dossier, version)] == ["unchanged", "unchanged"]
    assert len(propagated(dossier)) == 3
    assert [(one.run, one.changed) for one in (read(dossier, version, run) for run in (1, 2, 3))] == [
        (1, 1),
        (2, 2),
        (3, 0),
    ]
    rows = progress.outcomes_of(dossier, "Prompt", version, 10, ("", ""), run=1)
    assert [(row.outcome, row.later_dated) for row in rows] == [("changed", 1), ("skipped", 1)]
    with pytest.raises(PropagationNotFoundError, match=r"^Version 2 of Prompt has no run 4\.$"):
        read(dossier, version, 4)


def test_the_report_tells_each_value_before_and_after(dossier: Dossier) -> None:  # rule 2.17
    company(dossier, accounts=2)
    update_profile(dossier, request(), Place("A-1"), options={"payment_terms": "NET10"})
    version = change(dossier, payment_terms="NET45", tolerance_percent="2.5")
    begin(dossier, version)
    work(dossier)
    days = {"effective_from": TODAY.isoformat(), "effective_to": None}
    assert [json.loads(row.changes or "") for row in report(dossier, version)] == [
        [
            {"path": "options.payment_terms", **days, "before": terms, "after": "NET45", "set_here": here},
            {"path": "options.tolerance_percent", **days, "before": "0", "after": "2.5", "set_here": False},
        ]
        for terms, here in (("NET10", True), ("NET30", False))
    ]


def test_the_preview_counts_later_dated_versions_and_what_would_be_overwritten(dossier: Dossier) -> None:  # rule 2.17
    company(dossier, accounts=5)
    update_profile(dossier, request(), Place("A-1"), options={"payment_terms": "NET10"})
    version = change(dossier)
    update_profile(dossier, request(), Place("A-2"), options={"payment_terms": "NET15"})
    update_profile(dossier, request(), Place("A-3"), options={"payment_terms": "NET45", "risk_code": "LOW"})
    assign_class(dossier, request(), Place("A-4"), profile_class="DEFAULT", when=When(LATER))
    assign_class(dossier, request(), Place("A-5"), profile_class="DEFAULT", when=When(START, TODAY))
    preview = previewed(dossier, version)
    assert (preview.profiles, preview.changed, preview.skipped, preview.later_dated) == (5, 4, 1, 1)
    assert (preview.overwritten, preview.overwritten_since, preview.complete) == (2, 1, True)
    assert [(one.reason, one.profiles) for one in preview.reasons] == [(ONLY_LATER, 1)]
    assert previewed(dossier, version, include_later=True).changed == 5


def test_a_preview_of_many_profiles_is_made_in_parts_and_goes_on_where_it_was(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 2.17
    company(dossier, accounts=5)
    version = change(dossier, "unmodified")
    update_profile(dossier, request(), Place("A-4"), options={"risk_code": "LOW"})
    monkeypatch.setattr(previewing, "AT_ONCE", 2)
    monkeypatch.setattr(previewing, "MOST_S", 0.0)
    parts = [previewed(dossier, version)]
    account(dossier, "A-6")  # comes too late for this preview
    parts += [previewed(dossier, version) for _ in range(3)]
    assert [(part.profiles, part.complete) for part in parts] == [(2, False), (4, False), (5, True), (5, True)]
    assert {part.known_at for part in parts} == {parts[0].known_at}
    assert (parts[-1].changed, parts[-1].skipped) == (4, 1)
    begun = previewed(dossier, version, position=dossier.log_of_facts.max_notification_id())
    assert (begun.profiles, begun.complete) == (2, False)
    assert previewed(dossier, version, run_date=LATER).profiles == 2


def test_the_preview_of_a_further_run_is_made_anew(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 2.17
    company(dossier, accounts=3)
    version = change(dossier)
    monkeypatch.setattr(previewing, "AT_ONCE", 2)
    monkeypatch.setattr(previewing, "MOST_S", 0.0)
    parts = [previewed(dossier, version) for _ in range(2)]
    assert [(part.changed, part.complete) for part in parts] == [(2, False), (3, True)]
    begin(dossier, version)
    work(dossier)
    parts = [previewed(dossier, version) for _ in range(2)]
    assert [(part.changed, part.unchanged, part.complete) for part in parts] == [(0, 2, False), (0, 3, True)]


def test_the_run_date_says_which_profiles_are_in_force(dossier: Dossier) -> None:  # rule 2.16
    company(dossier, accounts=2)
    assign_class(dossier, request(), Place("A-1"), profile_class="DEFAULT", when=When(LATER))
    assign_class(dossier, request(), Place("A-2"), profile_class="DEFAULT", when=When(START, date(2026, 6, 30)))
    version = change(dossier)
    begin(dossier, version, run_date=date(2026, 6, 1))
    work(dossier)
    assert told(dossier, version) == [("A-1", "", "changed", None), ("A-2", "", "skipped", ONLY_LATER)]
    assert versions(dossier, "A-1")[1][:2] == (date(2026, 6, 1), LATER - timedelta(days=1))


def test_a_profile_that_has_the_change_already_is_unchanged(dossier: Dossier) -> None:  # rule 2.17
    company(dossier, accounts=1)
    version = change(dossier)
    account(dossier, "A-2")
    begin(dossier, version)
    work(dossier)
    [first, second] = told(dossier, version)
    assert first[2] == "changed"
    assert second == ("A-2", "", "unchanged", "Has class version 2, or a later one, already.")


def test_its_events_are_those_of_whoever_started_it_with_one_correlation_id(
    dossier: Dossier,
) -> None:  # rules 0.2, 2.17
    company(dossier, accounts=2)
    begin(dossier, change(dossier))
    work(dossier)
    [started] = facts_of(dossier, "propagation.started")
    [finished] = facts_of(dossier, "propagation.finished")
    made = [*propagated(dossier), finished]
    assert {(one.origin.actor, one.origin.source, one.origin.reason) for one in made} == {
        ("boss", Source.PROPAGATION, "New terms")
    }
    assert {one.origin.correlation_id for one in made} == {started.origin.correlation_id}
    assert {one.origin.causation_id for one in made} == {started.event_id}
    assert (finished.changed, finished.unchanged, finished.skipped) == (2, 0, 0)


def test_the_report_names_the_event_that_changed_each_profile(dossier: Dossier) -> None:  # rule 2.17
    company(dossier, accounts=2)
    version = change(dossier)
    begin(dossier, version)
    work(dossier)
    found = progress.outcomes_of(dossier, "PROMPT", version, 10, ("", ""))
    assert [one.event_id for one in found] == [fact.event_id for fact in propagated(dossier)]
    assert progress.outcomes_of(dossier, "Prompt", version, 10, (found[0].account, found[0].site)) == found[1:]


def test_a_preview_counts_what_the_run_then_does_and_stores_nothing(dossier: Dossier) -> None:  # rule 2.17
    company(dossier, accounts=4)
    update_profile(dossier, request(), Place("A-2"), options={"risk_code": "LOW"})
    version = change(dossier, "unmodified")
    account(dossier, "A-5")
    before = dossier.log_of_facts.max_notification_id()
    preview = previewed(dossier, version, position=before)
    assert dossier.log_of_facts.max_notification_id() == before
    assert (preview.profiles, preview.changed, preview.unchanged, preview.skipped) == (5, 3, 1, 1)
    begin(dossier, version)
    work(dossier)
    done = read(dossier, version)
    assert (done.state, done.profiles, done.done) == (State.FINISHED, 5, 5)
    assert (done.changed, done.unchanged, done.skipped) == (preview.changed, preview.unchanged, preview.skipped)
    assert sorted(map(str, done.reasons)) == sorted(map(str, preview.reasons))


def test_two_changes_of_a_class_are_written_one_after_the_other(dossier: Dossier) -> None:  # rule 2.16
    company(dossier, accounts=1)
    first = change(dossier, payment_terms="NET45", risk_code="LOW")
    second = change(dossier, payment_terms="NET60")
    begin(dossier, first)
    begin(dossier, second)
    work(dossier)
    found = dossier.load(Account, "A-1")
    assert found is not None
    profile = found.profiles.at(TODAY)
    assert profile is not None
    assert (profile.terms.options.payment_terms, profile.terms.options.risk_code) == ("NET60", "LOW")
    assert [fact.profile.class_version for fact in propagated(dossier)] == [first, second]


def test_a_change_for_new_profiles_only_is_not_propagated_and_none_is_twice(
    dossier: Dossier,
) -> None:  # rules 2.15, 2.17
    company(dossier, accounts=1)
    only_new = change(dossier, "new")
    with pytest.raises(PropagationNotFoundError):
        begin(dossier, only_new)
    version = change(dossier, payment_terms="NET60")
    begin(dossier, version)
    with pytest.raises(PropagationStartedError):
        begin(dossier, version)
    assert issubclass(PropagationStartedError, ConflictError)
    assert [one.version for one in progress.propagations_of(dossier, "Prompt")] == [version]
    work(dossier)
    work(dossier)
    assert len(propagated(dossier)) == 1
