"""One endurance run from start to final count; called by `python -m benchmarks enduring`."""

import argparse
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import httpx2
from rich.console import Console
from rich.table import Table

from aggregates.fact import Role
from benchmarks.enduring.counting import count
from benchmarks.enduring.disturbing import Disturber
from benchmarks.enduring.subscribing import Subscriber
from benchmarks.enduring.writing import Acknowledged, save_until
from benchmarks.running.company import Company
from benchmarks.running.comparing import Counts
from benchmarks.running.servers import Broker, Postgres
from benchmarks.running.setting_up import BROKEN, set_up
from benchmarks.servers import kafka_module
from store.stopping import Stop

COMPANIES: Final = ("north", "south")
WRITERS: Final = 2
"""Of each company."""
CUSTOMERS: Final = 40
"""Of each writer. Both companies number theirs alike."""
SETTLED_S: Final = 300.0
POLL_S: Final = 1.0


def main(arguments: Sequence[str]) -> int:
    """Runs, prints what was counted, and gives the exit status."""
    chosen = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # whatever was started is ended
    seed = random.randrange(1 << 32) if chosen.seed is None else chosen.seed
    directory = Path(tempfile.mkdtemp(prefix="dossier-enduring-"))
    directory.chmod(0o755)
    print(f"seed {seed}; logs in {directory}", flush=True)
    with ExitStack() as closing:
        right = _run(closing, directory, seed, chosen)
    if right:
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if right else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks enduring", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long it is disturbed; default %(default)s")
    parser.add_argument("--seed", type=int, help="of the disturbances; default: another one each time")
    parser.add_argument("--without-full-disk", action="store_true", help="where mounting a tmpfs is not allowed")
    parser.add_argument("--only", default="", metavar="WORDS", help="only disturbances with these words in their names")
    return parser


def _run(closing: ExitStack, directory: Path, seed: int, chosen: argparse.Namespace) -> bool:
    """True when everything is right: nothing lost, doubled, out of order or foreign, and no request met a fault of ours."""
    postgres = Postgres(directory, mounted=not chosen.without_full_disk)
    closing.callback(postgres.stop)
    broker = Broker(kafka_module(), directory / "kafka")
    closing.callback(broker.stop)
    companies = [Company(name, directory, postgres.url, broker.servers) for name in COMPANIES]
    done = {company.name: Acknowledged() for company in companies}
    for company in companies:
        closing.callback(company.stop_all)
        company.start_all()
        set_up(company, done[company.name].repeated)
    subscribers = {company.name: Subscriber(company.name, broker.servers) for company in companies}
    for subscriber in subscribers.values():
        closing.callback(subscriber.stop)
        subscriber.start()
    disturber = Disturber(companies, postgres, broker, seed, chosen.only)
    _write(companies, done, disturber, chosen.seconds)
    waited = _settle(companies, done, subscribers)
    counts = [one for company in companies for one in count(company, done[company.name], subscribers[company.name])]
    _tell(counts, companies, done, subscribers, disturber, waited)
    return all(one.right for one in counts) and not any(one.repeated[str(BROKEN)] for one in done.values())


def _write(companies: list[Company], done: dict[str, Acknowledged], disturber: Disturber, seconds: float) -> None:
    """Lets the writers save while everything is disturbed. Raises what kept a writer or the disturber from going on."""
    stop = Stop()
    with ThreadPoolExecutor(len(companies) * WRITERS) as pool:
        writers = [
            pool.submit(save_until, stop, company, _numbers(writer), done[company.name])
            for company in companies
            for writer in range(WRITERS)
        ]
        disturber.start()
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and disturber.is_alive() and not any(writer.done() for writer in writers):
            time.sleep(POLL_S)
        disturber.stop()
        stop.set()
        for writer in writers:
            writer.result()
    if disturber.error is not None:
        raise disturber.error


def _numbers(writer: int) -> list[str]:
    return [str(1_000 * (writer + 1) + number) for number in range(CUSTOMERS)]


def _settle(companies: Sequence[Company], done: dict[str, Acknowledged], subscribers: dict[str, Subscriber]) -> float:
    """Waits, bounded, until everything that was acknowledged has arrived everywhere; gives the seconds that it took."""
    began = time.monotonic()
    while time.monotonic() - began < SETTLED_S:
        for company in companies:
            company.restart_ended()
        if all(_settled(company, subscribers[company.name]) for company in companies):
            break
        time.sleep(POLL_S)
    return time.monotonic() - began


def _settled(company: Company, subscriber: Subscriber) -> bool:
    with suppress(httpx2.TransportError, KeyError, ValueError), company.caller(Role.AUDITOR) as auditor:
        states = auditor.get("/v1/projections").json()["items"]
        waiting = auditor.get("/v1/deliveries", params={"status": "waiting", "limit": 1}).json()["items"]
        end = max(state["position"] + state["lag"] for state in states)
        return not waiting and not any(state["lag"] for state in states) and subscriber.position >= end
    return False


def _tell(
    counts: Sequence[Counts],
    companies: Sequence[Company],
    done: dict[str, Acknowledged],
    subscribers: dict[str, Subscriber],
    disturber: Disturber,
    waited: float,
) -> None:
    table = Table(title="Endurance run")
    for heading in ("company", "place", "acknowledged", "lost", "doubled", "out of order", "foreign"):
        table.add_column(heading, justify="left" if heading in {"company", "place"} else "right")
    for one in counts:
        figures = (one.acknowledged, one.lost, one.doubled, one.out_of_order, one.foreign)
        table.add_row(one.company, one.place, *(f"{figure:,}" for figure in figures))
    console = Console(width=120)
    console.print(table)
    console.print("disturbed:", dict(sorted(disturber.counts.items())))
    for company in companies:
        console.print(
            f"{company.name}: attempts repeated {dict(done[company.name].repeated)}; messages repeated on the topic"
            f" {subscribers[company.name].repetitions}; processes that ended by themselves {dict(company.ended_by_themselves)}"
        )
    console.print(f"everything had arrived {waited:.0f} s after the last save")
