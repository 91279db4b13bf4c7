"""Counts of the endurance run: for each destination of a save, how many are lost, duplicated, out of order or foreign."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aggregates.fact import Role
from benchmarks.enduring.subscribing import Subscriber, Told
from benchmarks.enduring.writing import Acknowledged
from benchmarks.running.company import Company
from benchmarks.running.comparing import PAGE, Counts, compare, read_log

SELECTED: Final = "customer.response_selected"


def count(company: Company, done: Acknowledged, subscriber: Subscriber) -> list[Counts]:
    """The counts of one company: in the log, in the read models, at a subscriber, at Customer Engagement."""
    marks = {number: [save.mark for save in saves] for number, saves in done.saves.items()}
    log = read_log(company)
    return [
        _in_log(company.name, marks, done, log),
        _in_read_models(company, done),
        _at_subscriber(company.name, marks, subscriber),
        _at_engagement(company, marks, log),
    ]


def _in_log(
    company: str, marks: Mapping[str, Sequence[str]], done: Acknowledged, log: Sequence[dict[str, Any]]
) -> Counts:
    """Each acknowledged save is one event, at the position that was told."""
    told = {save.mark: save.position for saves in done.saves.values() for save in saves}
    selected = [event for event in log if event["type"] == SELECTED]
    elsewhere = sum(told.get(event["reason"]) not in {None, event["position"]} for event in selected)
    gaps = sum(event["position"] != place for place, event in enumerate(log, start=1))
    foreign = sum(event["company"] != company for event in log)
    found = compare(company, "log", marks, ((event["data"]["number"], event["reason"]) for event in selected), foreign)
    return _and(found, out_of_order=elsewhere + gaps)


def _in_read_models(company: Company, done: Acknowledged) -> Counts:
    """Each drawer shows what was acknowledged last, and each history all that was, in order."""
    arrived, foreign, old = [], 0, 0
    with company.caller(Role.AUDITOR) as auditor:
        for number, saves in done.saves.items():
            shown = auditor.get(f"/v1/customers/{number}/drawer").json()["categories"][0]["value"]
            foreign += shown not in {save.response for save in saves}
            old += shown != saves[-1].response
            arrived += [(number, entry["reason"]) for entry in _history(auditor, number) if entry["topic"] == SELECTED]
    marks = {number: [save.mark for save in saves] for number, saves in done.saves.items()}
    return _and(compare(company.name, "read models", marks, arrived, foreign), lost=old)


def _history(auditor: Any, number: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = auditor.get(f"/v1/customers/{number}/history", params={"limit": PAGE, **cursor}).json()
        entries += page["items"]
        if page["next_cursor"] is None:
            return entries
        cursor = {"cursor": page["next_cursor"]}


def _at_subscriber(company: str, marks: Mapping[str, Sequence[str]], subscriber: Subscriber) -> Counts:
    """A subscriber that drops repetitions by position took each save once, in order."""
    selected = [told for told in subscriber.taken if told.event["type"] == SELECTED]
    foreign = sum(_is_foreign(company, told) for told in subscriber.taken)
    arrived = ((told.event["data"]["number"], told.event["reason"]) for told in selected)
    return _and(compare(company, "subscriber", marks, arrived, foreign), out_of_order=subscriber.never_taken)


def _is_foreign(company: str, told: Told) -> bool:
    return told.event["company"] != company or not told.key.startswith(f"{company}/")


def _at_engagement(company: Company, marks: Mapping[str, Sequence[str]], log: Sequence[dict[str, Any]]) -> Counts:
    """Customer Engagement took each save once, in order; dead letters are lost."""
    mark_of = {event["event_id"]: event["reason"] for event in log}
    with company.engagement() as engagement, company.caller(Role.AUDITOR) as auditor:
        order = engagement.get("/received").json()["order"]
        dead = auditor.get("/v1/dead-letters").json()["items"]
    arrived = [(number, mark_of.get(key, key)) for number, keys in order.items() for key in keys]
    return _and(compare(company.name, "Customer Engagement", marks, arrived), lost=len(dead))


def _and(found: Counts, lost: int = 0, out_of_order: int = 0) -> Counts:
    return Counts(
        found.company,
        found.place,
        found.acknowledged,
        found.lost + lost,
        found.doubled,
        found.out_of_order + out_of_order,
        found.foreign,
    )
