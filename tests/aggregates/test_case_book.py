"""The clerk's case book, `case_book.txt`: every case is executed, and its versions are compared with those written by hand."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from aggregates.account.place import Place
from aggregates.effective import LAST_DAY

from .clerk import START, Clerk

BOOK = Path(__file__).with_name("case_book.txt")
RECORDED = "recorded"
FACTS = re.compile("([0-9]+) facts")


@dataclass
class Case:
    """Entries in the order of recording, each with what becomes of it, and the versions afterwards."""

    chapter: str
    title: str
    entries: list[tuple[str, str]] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)

    @property
    def place(self) -> Place:
        """The account, or in the chapters on sites the site."""
        return Place("A-7", "S-1" if self.chapter.startswith("Sites") else None)


def case_book() -> list[Case]:
    """The cases of the book; what stands before the first chapter explains it."""
    cases: list[Case] = []
    chapter = ""
    for line in BOOK.read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.strip().partition(" ")
        if mark == "#":
            chapter = rest
        elif not chapter or not mark:
            continue
        elif mark == "+":
            words, _, outcome = rest.partition("  ->  ")
            cases[-1].entries.append((words, outcome or RECORDED))
        elif mark == "=":
            cases[-1].versions.append(rest)
        else:
            cases.append(Case(chapter, line))
    return cases


CASES = case_book()
EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=[f"{case.chapter}: {case.title}" for case in CASES])


@EVERY_CASE
def test_the_case_book(case: Case) -> None:  # rules 0.4, 0.5, 2.5, 2.6, 2.8-2.12, 2.14, 2.21
    clerk = Clerk(case.place)
    for words, outcome in case.entries:
        facts = len(clerk.store.facts)
        number = FACTS.fullmatch(outcome)
        assert clerk.enter(words) == (RECORDED if number else outcome), words
        expected = int(number[1]) if number else int(outcome == RECORDED)
        assert len(clerk.store.facts) - facts == expected, words
    assert clerk.versions() == case.versions


@EVERY_CASE
def test_the_versions_of_a_case_never_overlap_and_an_account_has_no_gap(case: Case) -> None:  # rules 2.11, 2.12
    clerk = Clerk(case.place)
    for words, _ in [("", ""), *case.entries]:
        if words:
            clerk.enter(words)
        versions = clerk.holder.profiles.versions
        for one, following in pairwise(versions):
            assert one.days.last is not None
            assert one.days.last < following.days.first
            assert case.place.site or following.days.first - one.days.last == timedelta(1)
        if case.place.site is None:
            assert versions[0].days.first == START
            assert versions[-1].days.last in {None, LAST_DAY}


def test_the_case_book_is_read_whole() -> None:
    assert len(CASES) >= 140
    assert len({(case.chapter, case.title) for case in CASES}) == len(CASES)
    text = BOOK.read_text(encoding="utf-8").partition("\n# ")[2]
    assert sum(len(case.versions) for case in CASES) == text.count("\n  = ")
    assert sum(len(case.entries) for case in CASES) == text.count("\n  + ")
