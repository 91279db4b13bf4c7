"""One outages run from start to report; called by `python -m benchmarks outages`."""

import argparse
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from aggregates.fact import Role
from benchmarks.outages import report
from benchmarks.outages.judging import Told, Window, told, well_after
from benchmarks.outages.observing import Observer
from benchmarks.outages.outage import Outage, outages
from benchmarks.outages.traffic import CUSTOMERS, Traffic
from benchmarks.running.company import Company
from benchmarks.running.servers import Broker, Postgres
from benchmarks.running.setting_up import set_up, write
from benchmarks.servers import kafka_module

PARTS: Final = ("simulator", "serve", "project", "work", "forward")
QUIET_S: Final = 20.0
"""Before the first outage: what is said then is usual."""
USUAL_TIMES: Final = 2
"""How often each source is asked in quiet times at least."""
AFTER_S: Final = 30.0
"""How long after an outage one looks on."""
LOOK_S: Final = 0.5


def main(arguments: Sequence[str]) -> int:
    """Runs, prints what was told, and gives the exit status."""
    chosen = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # whatever was started is ended
    directory = Path(tempfile.mkdtemp(prefix="dossier-outages-"))
    directory.chmod(0o755)
    print(f"logs in {directory}", flush=True)
    with ExitStack() as closing:
        judgements = _run(closing, directory, chosen)
    report.show(judgements)
    right = all(judgement.right for judgement in judgements)
    if right:
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if right else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks outages", description=__doc__)
    parser.add_argument("--seconds", type=float, default=150, help="how long each outage lasts; default %(default)s")
    parser.add_argument("--after", type=float, default=AFTER_S, help="seconds after each; default %(default)s")
    parser.add_argument("--quiet", type=float, default=QUIET_S, help="seconds before the first; default %(default)s")
    parser.add_argument("--without-full-disk", action="store_true", help="where mounting a tmpfs is not allowed")
    parser.add_argument("--without-kafka", action="store_true", help="forward what the log says itself")
    parser.add_argument(
        "--only", nargs="*", default=[""], metavar="WORD", help="outages with one of these in their names"
    )
    return parser


def _run(closing: ExitStack, directory: Path, chosen: argparse.Namespace) -> list[report.Judgement]:
    postgres = Postgres(directory, mounted=not chosen.without_full_disk)
    closing.callback(postgres.stop)
    broker = None if chosen.without_kafka else Broker(kafka_module(), directory / "kafka")
    if broker is not None:
        closing.callback(broker.stop)
    parts = PARTS if broker is None else (*PARTS, "relay")
    company = Company("outages", directory, postgres.url, broker.servers if broker else None, parts)
    closing.callback(company.stop_all)
    company.start_all()
    _set_up(company)
    traffic, observer = Traffic(company), Observer(company)
    for each in (traffic, observer):
        closing.callback(each.stop)
        each.start()
    observer.hurried.set()
    time.sleep(chosen.quiet)
    observer.wait_for_each(USUAL_TIMES)
    windows = [
        _take_away(outage, observer, company, chosen.seconds, chosen.after)
        for outage in outages(company, postgres, broker)
        if any(word.lower() in outage.name.lower() for word in chosen.only)
    ]
    return [_judge(window, windows[0].begins, traffic, observer) for window in windows]


def _set_up(company: Company) -> None:
    repeated: Counter[str] = Counter()
    set_up(company, repeated)
    with company.caller(Role.ADMINISTRATOR) as admin:
        for number in range(CUSTOMERS):
            write(admin, "POST", "/v1/customers", {"number": str(number), "name": f"Customer {number}"}, repeated)


def _take_away(outage: Outage, observer: Observer, company: Company, seconds: float, after: float) -> Window:
    """Lets one outage happen, and looks on for a while."""
    print(f"{time.strftime('%H:%M:%S')} {outage.name}", flush=True)
    observer.hurried.clear()
    begins = time.monotonic()
    outage.begin()
    _look_after(company, begins + seconds)
    observer.hurried.set()
    outage.end()
    ends = time.monotonic()
    _look_after(company, ends + after)
    return Window(outage.name, outage.words, outage.label, begins, ends, time.monotonic())


def _look_after(company: Company, until: float) -> None:
    """Starts again whatever ends by itself, as `dossier up` and every orchestrator do."""
    while (left := until - time.monotonic()) > 0:
        company.restart_ended()
        time.sleep(min(LOOK_S, left))


def _judge(window: Window, quiet_until: float, traffic: Traffic, observer: Observer) -> report.Judgement:
    by_source: list[Told] = []
    timeline: list[report.Change] = []
    for source, observations in observer.observations.items():
        quiet = (one.statements for one in observations if one.answered < quiet_until)
        usual = frozenset(statement for said in quiet for statement in said)
        by_source.append(told(source, window, usual, observations))
        timeline += report.timeline(source, window, usual, observations)
    saved = [at - window.ends for at in traffic.acknowledged if window.ends <= at < window.closes]
    looks = [(at, traffic.all_forwarded_at(at)) for at, _ in traffic.arrived if window.ends <= at < window.closes]
    return report.Judgement(
        window, by_source, min(saved, default=None), well_after(looks, window.ends), sorted(timeline)
    )
