"""Random histories of business fields: a model by day, the aggregate, the read model, the deliveries and the replay of the log agree.

Many histories are stored and folded together, each with its own customer. `DOSSIER_HISTORIES` sets the minimum number of histories; the
run prints the actual number. `DOSSIER_SEED` repeats a run.
"""

import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from aggregates.clocks import AsOf
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.field.field import FieldDefinition, Group, Policy
from aggregates.field.types import FieldType
from business_fields import standard_fields
from day_by_day import FieldByDay
from field_facts import register_by_row
from projections.answers.widget import WIDGET, widget
from projections.deliveries.outgoing import changes_of
from projections.fields.fold import FieldsProjection
from projections.fields.tables import VALUES, open_value
from read_models import fold_log
from store.application import Dossier

from .fold import now_known, reading

HISTORIES: Final = int(os.environ.get("DOSSIER_HISTORIES", "2000"))
TOGETHER: Final = 200
"""Histories that are stored and folded together."""
ASKED: Final = 10
"""Of these, histories whose widget is looked at."""
ROUNDS: Final = 10
HORIZON: Final = 14
CALENDAR: Final = [date(2026, 1, 1) + timedelta(offset) for offset in range(HORIZON)]
"""The last day stands for all that follow."""
KEYS: Final = ("city", "first_name")
"""The last one is personal."""
POLICIES: Final = tuple(Policy)

Values = dict[tuple[str, date], tuple[str, str]]
"""By field and day: value and source."""


@dataclass
class File:
    """A file: its digest and what its rows say of this customer."""

    digest: str
    rows: list[dict[str, str]]


@dataclass
class History:
    """One customer: as the aggregate decides, and by day as the rules say; what both said after each round."""

    number: str
    company: str
    chance: random.Random
    customer: CustomerProfile = field(init=False)
    model: dict[str, FieldByDay] = field(default_factory=lambda: {key: FieldByDay(CALENDAR) for key in KEYS})
    policies: dict[str, Policy] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    rounds: list[tuple[Values, Mapping[str, Any]]] = field(default_factory=list)
    sent: dict[tuple[str, date], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.customer = CustomerProfile.new(self.company, self.number)
        self.policies = {key: self.chance.choice(POLICIES) for key in KEYS}

    def play(self, round_: int) -> list[Fact]:
        """What happens in a round; gives the facts that were recorded, and checks what holds then."""
        if round_ == 0:
            self._register()
        else:
            self.chance.choices(
                (self._new_file, self._file_again, self._edit, self._change_policy), weights=(4, 4, 5, 1)
            )[0]()
        facts = list(self.customer.collect_events())
        self.facts.extend(facts)
        self._check(facts)
        self.rounds.append((self._expected(), dict(self.customer.fields.in_force)))
        return facts

    # What happens

    def _register(self) -> None:
        if self.chance.random() < 0.5:
            self.customer.register(_origin(), number=self.number, name="Ada", days=Days(CALENDAR[0]))
            self.steps.append("registered")
            return
        file, days = self._file(rows=1), self._range()
        register_by_row(
            self.customer,
            _origin(),
            number=self.number,
            name="Ada",
            values=file.rows[0],
            definitions=self._definitions(),
            days=days,
            upload=str(uuid4()),
            row=1,
            file=file.digest,
        )
        self._tell(file, file.rows, days)

    def _new_file(self) -> None:
        file = self._file(rows=self.chance.choice((1, 2, 3)))
        self._upload(file, self._range())

    def _file_again(self) -> None:
        if self.files:
            self._upload(self.chance.choice(self.files[-3:]), self._range())

    def _file(self, *, rows: int) -> File:
        """A file that may contradict itself."""
        found = File(
            f"{len(self.files)}",
            [
                {key: self.chance.choice("XY") for key in self.chance.sample(KEYS, self.chance.randint(1, len(KEYS)))}
                for _ in range(rows)
            ],
        )
        self.files.append(found)
        return found

    def _upload(self, file: File, days: Days) -> None:
        rows = file.rows if self.chance.random() < 0.85 else file.rows[: self.chance.randint(1, len(file.rows))]
        upload = str(uuid4())
        for row, values in enumerate(rows, start=1):
            self.customer.upload_fields(
                _origin(), values, self._definitions(), days, upload=upload, row=row, file=file.digest
            )
        self._tell(file, rows, days)

    def _tell(self, file: File, rows: Sequence[Mapping[str, str]], days: Days) -> None:
        for key in KEYS:
            said = [row.get(key) for row in rows]
            self.model[key].file(file.digest, said, self.policies[key].value, _days(days))
        self.steps.append(f"file {file.digest} {list(rows)} {_shown(days)} {self.policies}")

    def _edit(self) -> None:
        key, value = self.chance.choice(KEYS), self.chance.choice(("X", "Y", "E", None))
        days, dated, keep_later = self._range(bounded=0.7), self.chance.random() < 0.8, self.chance.random() < 0.3
        self.customer.edit_fields(
            _origin(), {key: value}, self._definitions(), days, dated=dated, keep_later=keep_later
        )
        self.model[key].edit(value, _days(days), dated=dated, keep_later=keep_later)
        self.steps.append(f"edit {key} {value} {_shown(days)} dated={dated} keep_later={keep_later}")

    def _change_policy(self) -> None:
        key = self.chance.choice(KEYS)
        self.policies[key] = self.chance.choice(POLICIES)
        self.steps.append(f"policy {key} {self.policies[key]}")

    def _first(self) -> date:
        return CALENDAR[self.chance.choice((0, 0, 1, 2, 3, 4, 6, 8, 10))]

    def _range(self, bounded: float = 0.1) -> Days:
        first = self._first()
        if self.chance.random() > bounded:
            return Days(first)
        return Days(first, min(first + timedelta(self.chance.randint(0, 4)), CALENDAR[-2]))

    def _definitions(self) -> dict[str, FieldDefinition]:
        return {
            key: FieldDefinition(
                key, key, Group.BUSINESS, FieldType.STRING, policy=self.policies[key], personal=key == KEYS[-1]
            )
            for key in KEYS
        }

    # What is checked

    def _expected(self) -> Values:
        return {
            (key, day): (held.value, held.source)
            for key, model in self.model.items()
            for day, held in model.holds.items()
        }

    def _check(self, facts: Sequence[Fact]) -> None:
        """The aggregate, and what goes out, say the same as the model on every day."""
        for fact in facts:
            for change in changes_of(fact):
                for day in _days(Days(change.effective_from, change.effective_to)):
                    self.sent.pop((change.mapped, day), None)
                    if change.value is not None:
                        self.sent[change.mapped, day] = change.value
        expected = self._expected()
        assert _values(self.customer) == expected, self
        assert self.sent == {(f"field:{key}", day): value for (key, day), (value, _) in expected.items()}, self
        for key, model in self.model.items():
            assert {day for day in CALENDAR if self.customer.fields.own_values(key).at(day)} == model.holds.keys(), self

    def __repr__(self) -> str:
        return f"{self.number}:\n" + "\n".join(f"  {step}" for step in self.steps)


def _values(customer: CustomerProfile) -> Values:
    found = {(key, day): customer.fields.at(key, day) for key in KEYS for day in CALENDAR}
    return {place: (held.value, held.source) for place, held in found.items() if held is not None}


def _days(days: Days) -> list[date]:
    return [day for day in CALENDAR if day in days]


def _shown(days: Days) -> str:
    return f"{days.first.day}..{days.last.day if days.last else ''}"


def _origin() -> Origin:
    cause = uuid4()
    return Origin(actor="ann", role=Role.ADMINISTRATOR, source=Source.API, correlation_id=cause, causation_id=cause)


# The read model


def check_read_model(dossier: Dossier, histories: Sequence[History], instants: Sequence[datetime]) -> None:
    """The rectangles say on every day, as known after every round, what the aggregate said then: value, source and event."""
    fold_log(dossier, FieldsProjection(dossier.fact_mapper.keys, dossier.company))
    by_number = {history.number: history for history in histories}
    found: dict[str, list[Any]] = {number: [] for number in by_number}
    with dossier.database.connection() as connection:
        dossier.fact_mapper.keys.preload([history.customer.id for history in histories], connection)
        rows = connection.execute(
            "SELECT number, field, value, personal, source, event_id, lower(valid), upper(valid),"
            " lower(known), nullif(upper(known), 'infinity')"
            f" FROM {VALUES.table} WHERE number = ANY(%s)",
            [list(by_number)],
        ).fetchall()
    for number, *rest in rows:
        found[number].append(rest)
    for history in histories:
        for (expected, fields), instant in zip(history.rounds, instants, strict=True):
            read = read_then(dossier, history, found[history.number], instant)
            assert {place: held[:2] for place, held in read.items()} == expected, history
            assert {place: held[2] for place, held in read.items()} == {
                (key, day): fields[key].at(day).event_id for key, day in expected
            }, history


def read_then(
    dossier: Dossier, history: History, rows: Sequence[Any], instant: datetime
) -> dict[tuple[str, date], tuple[str, str, UUID]]:
    """By field and day what the rectangles say as known at an instant; no two of them say something of the same day."""
    found: dict[tuple[str, date], tuple[str, str, UUID]] = {}
    for key, value, sealed, source, event_id, first, past, since, until in rows:
        if since <= instant and (until is None or until > instant):
            shown = value if sealed is None else open_value(dossier.fact_mapper.keys, history.customer.id, key, sealed)
            for day in CALENDAR:
                if first <= day and (past is None or day < past):
                    assert (key, day) not in found
                    found[key, day] = (shown, source, event_id)
    return found


def check_widget(dossier: Dossier, histories: Sequence[History], instants: Sequence[datetime]) -> None:
    """The widget shows the same on a random day, as known after a random round."""
    with reading(dossier, *WIDGET) as view:
        for history in histories:
            round_, day = history.chance.randrange(ROUNDS), history.chance.choice(CALENDAR)
            shown = widget(view.at(AsOf(day, instants[round_])), history.number)
            assert shown is not None
            values = {one.key: (one.value, one.source) for one in shown.fields}
            expected = history.rounds[round_][0]
            assert {key: values[key] for key in KEYS} == {
                key: expected.get((key, day), (None, None)) for key in KEYS
            }, history


def check_replay(dossier: Dossier, histories: Sequence[History], after: int) -> None:
    """The log says the same: what was stored after a position is read, and replayed from its first event."""
    stored: dict[UUID, list[Fact]] = {}
    for event in dossier.log_of_facts.select_notifications(after + 1, 1_000_000):
        stored.setdefault(event.originator_id, []).append(dossier.fact_mapper.to_domain_event(event))
    for history in histories:
        replayed = CustomerProfile.from_facts(stored[history.customer.id])
        assert _values(replayed) == _values(history.customer), history
        fields = history.customer.fields
        assert (replayed.fields.uploaded, replayed.fields.edited) == (fields.uploaded, fields.edited), history


def play(dossier: Dossier, histories: Sequence[History]) -> None:
    """Plays histories side by side, a put each round; then everything is read as known after each round."""
    instants, before = [], dossier.log_of_facts.max_notification_id() or 0
    for round_ in range(ROUNDS):
        facts = [fact for history in histories for fact in history.play(round_)]
        if facts:
            dossier.put(facts)
        instants.append(now_known(dossier))
    check_read_model(dossier, histories, instants)
    check_widget(dossier, histories[:ASKED], instants)
    check_replay(dossier, histories, before)


def test_the_rules_by_day_aggregate_read_model_and_replay_agree_on_random_files_edits_and_policies(
    dossier: Dossier, figures: Callable[[str], None]
) -> None:
    # rules 0.3, 0.5, 3.2, 3.10, 3.11
    standard_fields(dossier)
    seed = os.environ.get("DOSSIER_SEED") or uuid4().hex
    ran = 0
    while ran < HISTORIES:
        histories = [
            History(f"H-{number}", dossier.company, random.Random(f"{seed}/{number}"))
            for number in range(ran, ran + TOGETHER)
        ]
        try:
            play(dossier, histories)
        except AssertionError as error:
            error.add_note(f"DOSSIER_SEED={seed}")
            raise
        ran += len(histories)
    figures(f"{ran} random histories of a customer's files, edits and policies")
