"""A customer replayed from the log alone, without any read model. Used by `dossier replay`.

The facts recorded until `known_at` are folded again. The answer must agree with the read models (rule 2.20), and it can be given while
they are stopped or being rebuilt.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from aggregates.clocks import Clocks
from aggregates.customer.events import CustomerMerged, CustomerMergedAway, ResponseSelected
from aggregates.customer.profile import CustomerNotFoundError, CustomerProfile
from aggregates.effective import Timeline
from aggregates.fact import Fact
from aggregates.field.field import MASK, FieldDefinition
from aggregates.setup.catalogue import Setup
from store.application import Dossier
from store.events import COLUMNS, SETUP_EVENTS, recorded_event
from store.public import instant

_OF_SETUP: Final = f"SELECT {COLUMNS} FROM events WHERE {SETUP_EVENTS} ORDER BY position"


class Answer(BaseModel):
    """A response in force on the day."""

    model_config = ConfigDict(frozen=True)

    category: int
    category_description: str
    response: str
    response_description: str
    effective_from: date
    effective_to: date | None


class FieldValue(BaseModel):
    """A business field's value in force on the day; masked where its field is, as known then or now (rule 5.2)."""

    model_config = ConfigDict(frozen=True)

    key: str
    label: str
    value: str
    masked: bool
    source: str
    effective_from: date
    effective_to: date | None


class Replayed(BaseModel):
    """A customer at two clocks. `version` counts its facts until `known_at`, `position` is the last of them in the log."""

    model_config = ConfigDict(frozen=True)

    number: str
    name: str | None
    version: int
    position: int
    changed_by: str | None
    changed_at: datetime | None
    valid_at: date
    known_at: datetime
    alternate_numbers: list[str]
    primary_alternate_number: str | None
    answers: list[Answer]
    fields: list[FieldValue]


def merged_with(dossier: Dossier, number: str) -> list[UUID]:
    """Returns the ids of this customer and of everybody who was ever merged with it, directly or over others."""
    waiting, known = [number], {number}
    while waiting:
        events = dossier.log_of_facts.select_events(CustomerProfile.id_of(dossier.company, waiting.pop()))
        facts = [dossier.fact_mapper.to_domain_event(event) for event in events]
        merges = [fact for fact in facts if isinstance(fact, CustomerMerged | CustomerMergedAway)]
        others = {fact.other if isinstance(fact, CustomerMerged) else fact.survivor for fact in merges}
        waiting += others - known
        known |= others
    return [CustomerProfile.id_of(dossier.company, other) for other in sorted(known)]


def replay_customer(dossier: Dossier, number: str, clocks: Clocks) -> Replayed:
    """Returns the customer on a day, as it was known at an instant.

    Raises:
        CustomerNotFoundError: nothing about this number was recorded until then.
    """
    dossier.log_of_facts.settled(clocks.known_at)
    events = dossier.log_of_facts.select_events(CustomerProfile.id_of(dossier.company, number))
    known_events = [event for event in events if event.recorded_at <= clocks.known_at]
    if not known_events:
        raise CustomerNotFoundError(f"Nothing about customer {number} was recorded until {instant(clocks.known_at)}.")
    facts = [dossier.fact_mapper.to_domain_event(event) for event in known_events]
    customer = CustomerProfile.from_facts(facts)
    setup_then, setup_now = _setups(dossier, clocks.known_at)
    return Replayed(
        number=customer.number,
        name=customer.names.at(clocks.valid_at),
        version=customer.version,
        position=known_events[-1].id,
        changed_by=customer.changed_by,
        changed_at=customer.changed_at,
        valid_at=clocks.valid_at,
        known_at=clocks.known_at,
        alternate_numbers=list(customer.alternate_numbers.numbers),
        primary_alternate_number=customer.alternate_numbers.primary,
        answers=_answers(customer, facts, setup_then, clocks.valid_at),
        fields=_fields(customer, setup_then.fields, setup_now.fields, clocks.valid_at),
    )


def _fields(
    customer: CustomerProfile,
    definitions_then: Mapping[str, FieldDefinition],
    definitions_now: Mapping[str, FieldDefinition],
    day: date,
) -> list[FieldValue]:
    """Returns the values in force on the day, in the widget's order, by the definitions of then; masked by those of now, too."""
    values = []
    for key, definition in definitions_then.items():
        version = customer.fields.in_force.get(key, Timeline()).version_at(day)
        if version is not None:
            masked = definition.masked or definitions_now[key].masked
            values.append(
                FieldValue(
                    key=key,
                    label=definition.label,
                    value=MASK if masked else str.__str__(version.content.value),
                    masked=masked,
                    source=version.content.source,
                    effective_from=version.days.first,
                    effective_to=version.days.last,
                )
            )
    return values


def _setups(dossier: Dossier, known_at: datetime) -> tuple[Setup, Setup]:
    """Returns the setup as known then, and now."""
    with dossier.database.connection() as connection:
        events = [recorded_event(row) for row in connection.execute(_OF_SETUP, binary=True)]
    decode = dossier.fact_mapper.to_domain_event
    facts = [(event.recorded_at, decode(event)) for event in events]
    setup_then = Setup.empty(dossier.company).after(fact for at, fact in facts if at <= known_at)
    return setup_then, setup_then.after(fact for at, fact in facts if at > known_at)


def _answers(customer: CustomerProfile, facts: Sequence[Fact], setup: Setup, day: date) -> list[Answer]:
    """Returns the responses in force on the day, by category, in the descriptions that they were last stored with (rule 1.13).

    A response that came with a merge was stored with the other customer: it has the descriptions of the setup.
    """
    selected = {(fact.category, fact.response): fact for fact in facts if isinstance(fact, ResponseSelected)}
    answers = []
    for code, timeline in sorted(customer.responses.in_force.items()):
        version = timeline.version_at(day)
        if version is None:
            continue
        response, category = version.content, setup.category(code)
        fact = selected.get((code, response))
        answers.append(
            Answer(
                category=code,
                category_description=fact.category_description if fact else category.description,
                response=response,
                response_description=fact.response_description if fact else category.responses[response].description,
                effective_from=version.days.first,
                effective_to=version.days.last,
            )
        )
    return answers
