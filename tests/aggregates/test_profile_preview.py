"""A preview tells what a change of a profile would do, in the clerk's shorthand (see `clerk`); today is 2026-03-10."""

from collections.abc import Iterable

import pytest

from aggregates.account.place import Place
from aggregates.account.preview import ProfilePreview, ProfileVersion
from aggregates.effective import Days, Version
from aggregates.errors import DomainError

from .clerk import Clerk, shown, written

ACCOUNT = Place("A-7")
SITE = Place("A-7", "S-1")


def clerk(*entries: str, place: Place = ACCOUNT) -> Clerk:
    """A clerk who has made these entries."""
    clerk = Clerk(place)
    assert [clerk.enter(entry) for entry in entries] == ["recorded"] * len(entries)
    return clerk


def content(version: ProfileVersion | None, days: Days) -> str:
    """A version as a line."""
    if version is None or version.profile is None:
        return f"{lines([days])[0]} -"
    return shown(Version(days, version.profile))


def lines(ranges: Iterable[Days]) -> list[str]:
    return [f"{written(days.first)}..{written(days.last)}" for days in ranges]


def periods(preview: ProfilePreview) -> list[str]:
    """The periods as `02-01..02-28 DEFAULT 100 -> LATE 10`."""
    return [
        f"{content(period.before, period.days)} -> {content(period.after, period.days).partition(' ')[2]}"
        for period in preview.periods
    ]


def superseded(preview: ProfilePreview) -> list[str]:
    """The superseded versions as `2 02-01..02-28 in part`."""
    return [
        f"{one.version.version} {' '.join(lines(one.days))} {'wholly' if one.wholly else 'in part'}"
        for one in preview.superseded()
    ]


def resumptions(preview: ProfilePreview) -> list[str]:
    return [content(version.content, version.days) for version in preview.resumptions()]


def test_an_assignment_supersedes_versions_wholly_and_in_part_and_what_it_interrupts_resumes() -> None:  # rule 2.11
    preview = clerk("assign LATE 02-01..02-28", "assign PROMPT 04-01..04-30").preview("assign MOSTLY 02-15..04-10")
    assert periods(preview) == [
        "02-15..02-28 LATE 10 -> MOSTLY 500",
        "03-01..03-31 DEFAULT 100 -> MOSTLY 500",
        "04-01..04-10 PROMPT 1000 -> MOSTLY 500",
    ]
    assert superseded(preview) == ["3 02-15..02-28 in part", "2 03-01..03-31 in part", "4 04-01..04-10 in part"]
    assert resumptions(preview) == ["04-11..04-30 PROMPT 1000"]
    whole = clerk("assign LATE 02-01..02-28").preview("assign MOSTLY 02-01..02-28")
    assert (superseded(whole), resumptions(whole)) == (["3 02-01..02-28 wholly"], [])


def test_what_was_set_here_and_would_be_dropped_is_named() -> None:  # rule 2.9
    account = clerk("update limit=7 02-01..02-28", "update limit=8 risk=R 03-01..03-31")
    [first, second] = account.preview("assign LATE 02-01..03-31").periods
    assert first.dropped() == ["amounts.USD.credit_limit"]
    assert sorted(second.dropped()) == ["amounts.USD.credit_limit", "options.risk_code"]
    [first, second] = account.preview("assign LATE 02-01..03-31 keep overrides").periods
    assert first.dropped() == []  # rule 2.9: what is set here on the first day is kept
    assert sorted(second.dropped()) == ["amounts.USD.credit_limit", "options.risk_code"]
    [changed] = account.preview("update limit=9 03-01..03-31").periods
    assert changed.dropped() == []


def test_details_that_run_across_another_class_are_told() -> None:  # rule 2.21
    account = clerk("assign LATE 04-01..04-30")
    preview = account.preview("update limit=7 03-10..")
    assert periods(preview) == [
        "03-10..03-31 DEFAULT 100 -> DEFAULT 7*",
        "04-01..04-30 LATE 10 -> LATE 7*",
        "05-01.. DEFAULT 100 -> DEFAULT 7*",
    ]
    assert [shown(version) for version in preview.other_classes()] == ["04-01..04-30 LATE 10"]
    assert preview.planned_superseded() == []
    assert account.preview("update limit=7 04-01..04-30").other_classes() == []


def test_planned_versions_that_an_open_end_supersedes_are_told() -> None:  # rule 2.11
    account = clerk("assign LATE 04-01..04-30", "assign PROMPT 06-01..")
    planned = [
        content(version.content, version.days) for version in account.preview("assign MOSTLY").planned_superseded()
    ]
    assert planned == ["04-01..04-30 LATE 10", "05-01..05-31 DEFAULT 100", "06-01.. PROMPT 1000"]
    assert account.preview("assign MOSTLY 03-10..05-31").planned_superseded() == []
    assert account.preview("assign MOSTLY 03-10.. keep later").planned_superseded() == []
    site = clerk("create LATE 02-01..02-28", "assign PROMPT 04-01..", place=SITE)
    assert len(site.preview("end 02-14").planned_superseded()) == 1  # rule 2.14


def test_days_in_the_past_and_whether_their_answers_change_are_told() -> None:  # rule 0.4
    account = clerk("assign LATE 02-01..02-28")
    preview = account.preview("assign PROMPT 02-15..03-31")
    assert lines(preview.past()) == ["02-15..03-09"]
    assert preview.changes_past_answers()
    same = account.preview("assign DEFAULT 01-01..01-31")
    assert (same.changed, same.past()) == (False, [])
    longer = account.preview("assign LATE 02-01..03-31")
    assert longer.changes_past_answers()
    account = clerk("assign LATE 02-01..03-09")
    until_then_the_same = account.preview("assign LATE 02-01..04-30")
    assert lines(until_then_the_same.past()) == ["02-01..03-09"]
    assert not until_then_the_same.changes_past_answers()
    assert account.preview("assign LATE").past() == []


def test_a_site_without_a_profile_gets_one_and_its_gap_resumes() -> None:  # rules 2.6, 2.14
    site = clerk("create LATE 02-01..", "end 02-28", place=SITE)
    preview = site.preview("assign PROMPT 02-15..03-31")
    assert periods(preview) == ["02-15..02-28 LATE 10 -> PROMPT 1000", "03-01..03-31 - -> PROMPT 1000"]
    assert superseded(preview) == ["2 02-15..02-28 in part", "3 03-01..03-31 in part"]
    assert resumptions(preview) == ["04-01.. -"]
    ended = site.preview("end 02-14")
    assert periods(ended) == ["02-15..02-28 LATE 10 -> -", "03-01.. - -> -"]
    assert superseded(ended) == ["2 02-15..02-28 in part", "3 03-01.. wholly"]
    assert clerk(place=SITE).preview("create LATE 02-01..").superseded() == []


def test_what_is_refused_or_changes_nothing_is_so_in_a_preview_too() -> None:  # rules 0.5, 2.6
    site = clerk("create LATE 02-01..", place=SITE)
    assert not site.preview("assign LATE 02-01..").changed
    for entry in (
        "create PROMPT",
        "assign NOTHING",
        "end 01-31",
        "assign LATE 02-10..02-01",
        "update risk=R 01-01..01-31",
    ):
        with pytest.raises(DomainError) as refusal:
            site.preview(entry)
        assert site.enter(entry) == str(refusal.value)
