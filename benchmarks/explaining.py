"""Reads at two clocks that explain every value, against the same reads without that, of the demo company.

Each is read as a route reads it: a view of the read models that it takes, the query, and what explains it. The two take turns, so that
whatever else the machine does meets both alike.
"""

import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from aggregates.account.place import Place
from benchmarks.rows import ROUNDS, Row
from benchmarks.servers import dossier, fold_log
from cli.local.demo import CUSTOMER
from cli.local.demo.accounts import ACCOUNT
from cli.local.demo.set_up import set_up
from cli.wiring import record_what_exists_from_the_start
from projections.accounts import queries as accounts
from projections.answers.explained_accounts import explained_accounts, explained_profile, explained_resolution
from projections.answers.explained_customers import explained_drawer, explained_names, explained_widget
from projections.answers.explanation import EXPLAINING
from projections.answers.widget import WIDGET, widget
from projections.catalogue import projections
from projections.customers.queries import all_customers
from projections.drawer.queries import drawer
from projections.reading.read_models import ReadModels
from projections.reading.view import View

READS: Final = 150


@dataclass(frozen=True, slots=True)
class Question:
    """A read, and what explains its answer."""

    name: str
    read_models: tuple[str, ...]
    read: Callable[[View, bool], Any]
    explain: Callable[[View, Any], Any]


QUESTIONS: Final = (
    Question("fields of a customer", WIDGET, lambda view, _: widget(view, CUSTOMER), explained_widget),
    Question("drawer", ("drawer",), lambda view, _: drawer(view, CUSTOMER), explained_drawer),
    Question(
        "profile of an account",
        ("accounts",),
        lambda view, explain: accounts.profile(view, Place(ACCOUNT), explain),
        explained_profile,
    ),
    Question(
        "what applies to a transaction",
        ("accounts",),
        lambda view, _: accounts.resolution(view, ACCOUNT),
        explained_resolution,
    ),
    Question("list of customers", ("customers",), lambda view, _: all_customers(view).items, explained_names),
    Question("list of accounts", ("accounts",), lambda view, _: accounts.accounts(view).items, explained_accounts),
)


def run(url: str) -> list[Row]:
    """A row for each read, in every round."""
    with dossier(url) as application:
        record_what_exists_from_the_start(application)
        set_up(application)
        for projection in projections(application):
            fold_log(application, projection)
        with closing(ReadModels(application, projections(application))) as reads:
            return [_row(reads, question) for _ in range(ROUNDS) for question in QUESTIONS]


def _row(reads: ReadModels, question: Question) -> Row:
    explained: list[float] = []
    plain: list[float] = []
    for turn in range(READS + READS // 10):
        for explain, times in ((True, explained), (False, plain)):
            took = _read(reads, question, explain=explain)
            if turn >= READS // 10:
                times.append(took)
    ours, peer = statistics.median(explained), statistics.median(plain)
    name = f"explain, {question.name} (peer: without)"
    return Row(name, "ms", round(ours, 2), round(peer, 2), round(ours / peer, 2), "", None)


def _read(reads: ReadModels, question: Question, *, explain: bool) -> float:
    """Returns how many milliseconds it took."""
    began = time.perf_counter()
    names = (*question.read_models, EXPLAINING) if explain else question.read_models
    with reads.view(*names) as view:
        answer = question.read(view, explain)
        assert answer is not None
        if explain:
            question.explain(view, answer)
    return (time.perf_counter() - began) * 1e3
