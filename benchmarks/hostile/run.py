"""One hostile run from start to final count; called by `python -m benchmarks hostile`."""

import argparse
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import httpx2
import orjson

from aggregates.fact import Role
from benchmarks.hostile import attacking, report, saving
from benchmarks.hostile.beside import Beside
from benchmarks.hostile.report import Findings
from benchmarks.hostile.target import Phase, Target
from benchmarks.hostile.watching import Cost, Watch
from benchmarks.running.company import Company
from benchmarks.running.comparing import compare, read_log
from benchmarks.running.servers import Postgres
from benchmarks.running.setting_up import set_up, write

PARTS: Final = ("serve", "project", "work")
STARTS_S: Final = 4.0
"""For the client and the attackers to be there."""
TOGETHER_PARTS: Final = 3
"""How many times as long as one attack all of them together take."""
CALM: Final = 0.2
"""The part of a phase at its end in which nobody attacks."""
FROZEN_S: Final = 4.0
THAWED_S: Final = 2.0
WAITING: Final = "waiting readers"
FOLLOWERS: Final = 12
"""Callers of open streams; each may have ten."""


def main(arguments: Sequence[str]) -> int:
    """Runs, prints what was found, and gives the exit status."""
    chosen = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # whatever was started is ended
    directory = Path(tempfile.mkdtemp(prefix="dossier-hostile-"))
    directory.chmod(0o755)
    print(f"logs in {directory}", flush=True)
    with ExitStack() as closing:
        findings = _run(closing, directory, chosen)
    report.show(findings)
    if chosen.json is not None:
        chosen.json.write_bytes(orjson.dumps(findings, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    if findings.right:
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if findings.right else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks hostile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1_800, help="how long it goes on; default %(default)s")
    parser.add_argument("--customers", type=int, default=300, help="whom the saves are about; default %(default)s")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these attacks; default: all", choices=_names())
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write what was found there")
    return parser


def _names() -> list[str]:
    return [attack.name for attack in attacking.ATTACKS]


def _run(closing: ExitStack, directory: Path, chosen: argparse.Namespace) -> Findings:
    postgres = Postgres(directory, mounted=False)
    closing.callback(postgres.stop)
    company = Company("hostile", directory, postgres.url, None, PARTS)
    closing.callback(company.stop_all)
    company.start_all()
    _set_up(company, chosen.customers)
    agent, administrator = company.token(Role.AGENT), company.token(Role.ADMINISTRATOR)
    followers = tuple(company.token(Role.INTEGRATOR, f"follower {number}") for number in range(FOLLOWERS))
    target = Target(company.ports["serve"], agent, administrator, followers, chosen.customers)
    phases = plan(time.monotonic() + STARTS_S, chosen.seconds, _names() if chosen.only is None else chosen.only)
    client = Beside(saving.measure, target, phases[0].begins, phases[-1].ends)
    closing.callback(client.end)
    attackers = Beside(attacking.attack, target, phases)
    closing.callback(attackers.end)
    costs = [_watch(phase, company, client.pid, attackers.pid) for phase in phases]
    outcomes, measured = attackers.result(), client.result()
    counted = _answers_counted(company)
    logged = report.errors_logged(company.directory / "serve.log")
    company.restart_ended()
    company.restart("serve")  # so that the log is read from where it is kept; this one may still be busy
    company.wait_until_live()
    arrived = [(event["data"].get("number", ""), event["reason"] or "") for event in read_log(company)]
    saves = compare("hostile", "log", measured.marks, [one for one in arrived if one[1].startswith("save/")])
    return Findings(phases, costs, outcomes, measured, saves, counted, logged, dict(company.ended_by_themselves))


def _answers_counted(company: Company) -> Counter[str]:
    """Empty where the API does not say."""
    with suppress(httpx2.TransportError), company.caller(Role.AUDITOR) as auditor:
        return report.answers_counted(auditor.get("/metrics").text)
    return Counter()


def _set_up(company: Company, customers: int) -> None:
    repeated: Counter[str] = Counter()
    set_up(company, repeated)
    with company.caller(Role.ADMINISTRATOR) as admin:
        for number in range(customers):
            write(admin, "POST", "/v1/customers", {"number": str(number), "name": f"Customer {number}"}, repeated)


def plan(begins: float, seconds: float, attacks: Sequence[str]) -> list[Phase]:
    """A quiet phase, one for each attack, and a longer one for all of them if there are several."""
    named: list[tuple[str, tuple[str, ...], int]] = [("quiet", (), 1), *((name, (name,), 1) for name in attacks)]
    if len(attacks) > 1:
        named.append(("all together", tuple(attacks), TOGETHER_PARTS))
    part_s = seconds / sum(parts for _, _, parts in named)
    phases = []
    for name, members, parts in named:
        ends = begins + parts * part_s
        phases.append(Phase(name, members, begins, ends - CALM * part_s, ends))
        begins = ends
    return phases


def _watch(phase: Phase, company: Company, client: int, attackers: int) -> Cost:
    """Sees one phase to its end; lets the projections stand still again and again while readers wait for them."""
    time.sleep(max(0.0, phase.begins - time.monotonic()))
    print(f"{time.strftime('%H:%M:%S')} {phase.name}", flush=True)
    company.restart_ended()
    watch = Watch({"API": company.processes("serve"), "client": [client], "attackers": [attackers]})
    while WAITING in phase.attacks and (left := phase.calm - time.monotonic()) > 0:
        company.send("project", signal.SIGSTOP)
        time.sleep(min(FROZEN_S, left))
        company.send("project", signal.SIGCONT)
        time.sleep(max(0.0, min(THAWED_S, phase.calm - time.monotonic())))
    time.sleep(max(0.0, phase.ends - time.monotonic()))
    return watch.cost()
