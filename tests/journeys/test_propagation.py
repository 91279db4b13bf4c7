"""A propagation whose worker is killed three times, while a clerk keeps editing profiles (rule 2.17)."""

import random
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from aggregates.account.account import Account
from aggregates.account.commands import update_profile
from aggregates.account.place import Place
from aggregates.account.site import Site
from aggregates.effective import Days
from aggregates.fact import Fact
from aggregates.profile_class.profile_class import ProfileClass
from command_line import CommandLine, eventually, migrated
from command_line import company as companies
from conftest import TODAY
from jobs.propagation.progress import State
from jobs.propagation.records import counts, unfinished
from propagation_helpers import START, begin, catch_up, change, company, facts_of, propagated, read, report, request
from store.application import Dossier
from store.stopping import Stop

ACCOUNTS: Final = 9_000
SITES: Final = 3_000
"""The first ones of these accounts have a site with a profile of its own."""
PROFILES: Final = ACCOUNTS + SITES
PUT_EVENTS: Final = 2_000
KILLS: Final = ((0.05, 0.25), (0.35, 0.5), (0.6, 0.8))
"""Between which parts of the way the worker is killed."""
LONGEST_DELAY_S: Final = 0.1


def opened(dossier: Dossier) -> None:
    """Stores the accounts and sites, all of class Prompt since START."""
    company(dossier, accounts=0)
    prompt = dossier.load(ProfileClass, "Prompt")
    assert prompt is not None
    origin = request().origin
    facts: list[Fact] = []
    for number in range(ACCOUNTS):
        account = Account.new(dossier.company, f"A-{number}")
        account.open(origin, number=f"A-{number}", customer="1001", start=START, default=prompt)
        facts.extend(account.collect_events())
        if number < SITES:
            site = Site.new(dossier.company, Site.key(f"A-{number}", "S-1"))
            site.create(origin, account=f"A-{number}", number="S-1")
            site.create_profile(origin, prompt, Days(START))
            facts.extend(site.collect_events())
        if len(facts) >= PUT_EVENTS:
            dossier.put(facts)
            facts = []
    dossier.put(facts)


@dataclass
class Clerk:
    """Edits accounts taken at random until told to stop."""

    dice: random.Random
    edited: Counter[str] = field(default_factory=Counter)
    faults: list[Exception] = field(default_factory=list)

    def work(self, dossier: Dossier, stop: Stop) -> None:
        """One edit after the other, with a breath between two."""
        while not stop.wait(0.005):
            number = f"A-{self.dice.randrange(ACCOUNTS)}"
            try:
                done = update_profile(
                    dossier, request("clerk"), Place(number), options={"risk_code": f"R{self.edited.total()}"}
                )
            except Exception as error:  # noqa: BLE001  (told by the test)
                self.faults.append(error)
                return
            self.edited[number] += done.changed


@contextmanager
def editing(line: CommandLine, clerk: Clerk) -> Iterator[None]:
    """A clerk at work."""
    stop = Stop()
    with line.dossier() as dossier:
        thread = threading.Thread(target=clerk.work, args=(dossier, stop))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)


@pytest.fixture
def line(postgres_url: str, tmp_path: Path) -> Iterator[CommandLine]:
    """A company with empty tables."""
    with companies(postgres_url, tmp_path) as found:
        yield migrated(found)


def done(dossier: Dossier) -> int:
    """How many profiles of the propagation that is not finished have their outcome."""
    with dossier.database.connection() as connection:
        [started] = unfinished(connection)
        return sum(counts(connection, started.uuid).values())


def test_killed_three_times_it_changes_each_profile_exactly_once(line: CommandLine) -> None:  # rule 2.17
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    clerk = Clerk(random.Random(seed + 1))
    with line.dossier() as dossier:
        opened(dossier)
        version = change(dossier)
        begin(dossier, version)
        catch_up(dossier)
        kills = _run_and_kill(line, dossier, version, clerk, dice)
        assert clerk.faults == []
        print(f"killed at {kills} of {PROFILES} profiles; {clerk.edited.total()} edits meanwhile")
        _check(dossier, version, clerk)


def _run_and_kill(line: CommandLine, dossier: Dossier, version: int, clerk: Clerk, dice: random.Random) -> list[int]:
    """Runs workers, each killed at a point of its own, and a last one to the end; gives how far it was at each kill."""
    kills: list[int] = []
    workers: list[subprocess.Popen[str]] = []
    pause = threading.Event()
    try:
        with editing(line, clerk):
            for low, high in KILLS:
                point = int(dice.uniform(low, high) * PROFILES)
                workers.append(line.process("work"))
                eventually(lambda point=point: done(dossier) >= point, f"{point} profiles are done")
                pause.wait(dice.uniform(0, LONGEST_DELAY_S))
                workers[-1].kill()
                workers[-1].communicate()
                kills.append(done(dossier))
                assert read(dossier, version).state is State.RUNNING
            workers.append(line.process("work"))
            eventually(lambda: read(dossier, version).state is State.FINISHED, "the propagation is finished")
        workers[-1].terminate()
        workers[-1].communicate(timeout=30)
        assert workers[-1].returncode == 0
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    return kills


def _check(dossier: Dossier, version: int, clerk: Clerk) -> None:
    """Each profile was changed once; report and counts are complete; nothing of the clerk's is lost."""
    facts = propagated(dossier)
    assert len(facts) == PROFILES
    assert set(Counter(fact.originator_id for fact in facts).values()) == {1}
    assert {fact.origin.correlation_id for fact in facts} == {
        facts_of(dossier, "propagation.started")[0].origin.correlation_id
    }
    rows = report(dossier, version)
    assert {row.event_id for row in rows} == {fact.event_id for fact in facts}
    assert {(row.account, row.site) for row in rows} == {(f"A-{number}", "") for number in range(ACCOUNTS)} | {
        (f"A-{number}", "S-1") for number in range(SITES)
    }
    found = read(dossier, version)
    assert (found.profiles, found.done, found.changed, found.unchanged, found.skipped) == (
        PROFILES,
        PROFILES,
        PROFILES,
        0,
        0,
    )
    assert len(clerk.edited) > 0
    edited = dossier.load_many([Account.id_of(dossier.company, number) for number in clerk.edited])
    for account in edited.values():
        assert isinstance(account, Account)
        profile = account.profiles.at(TODAY)
        assert profile is not None
        assert (profile.terms.options.payment_terms, profile.class_version) == ("NET45", version)
        assert profile.set_here().keys() == {"options.risk_code"}
        assert account.version == 3 + clerk.edited[account.number]
