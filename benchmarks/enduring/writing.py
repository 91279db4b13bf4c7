"""The writers of the endurance run: they save drawers continuously and repeat each save with its key until it is acknowledged."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from aggregates.fact import Role
from benchmarks.running.company import Company
from benchmarks.running.setting_up import CATEGORY, response_of, write
from store.stopping import Stop


@dataclass(frozen=True, slots=True)
class Save:
    """An acknowledged save: what marks it everywhere, what it answered, and the log position that it was told."""

    mark: str
    response: str
    position: int


@dataclass
class Acknowledged:
    """What one company's API has acknowledged: each customer's saves in order."""

    saves: dict[str, list[Save]] = field(default_factory=lambda: defaultdict(list))
    repeated: Counter[str] = field(default_factory=Counter)
    """Attempts without an acknowledgement, by their answer."""

    @property
    def count(self) -> int:
        """Saves in all."""
        return sum(map(len, self.saves.values()))


def save_until(stop: Stop, company: Company, numbers: list[str], done: Acknowledged) -> None:
    """One writer: registers these customers, then saves their drawers in turn, each time with another answer."""
    turn = 0
    with company.caller(Role.AGENT) as client:
        for number in numbers:
            write(
                client, "POST", "/v1/customers", {"number": number, "name": f"{company.name} {number}"}, done.repeated
            )
        while not stop.is_set():
            for number in numbers:
                response, mark = response_of(company, turn), f"{company.name}/{number}/{turn}"
                body = {"responses": {str(CATEGORY): response}, "reason": mark}
                answer = write(client, "PUT", f"/v1/customers/{number}/drawer", body, done.repeated)
                done.saves[number].append(Save(mark, response, answer["position"]))
                if stop.is_set():
                    return
            turn += 1
