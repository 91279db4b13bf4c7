"""The answer to “what would this change of a customer do?”: what would be recorded, and which answers and deliveries it would make others.

The change is decided as in earnest and not stored (`DryRunStore`). All of it comes from the log, but for what was sent to Customer
Engagement, which the read model `deliveries` knows. Masked values are masked; of those that the caller may not see, another event counts
as a difference, even where the value is the same (rule 5.2).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aggregates.customer.events import CustomerMergedAway
from aggregates.customer.impact import Effect, InForce, digest, effects, text_of
from aggregates.customer.profile import CustomerProfile
from aggregates.customer.unmasking import is_hidden
from aggregates.dry_run import DryRunStore
from aggregates.effective import Days, Timeline, joined
from aggregates.fact import Fact, Role
from aggregates.field.field import MASK, FieldDefinition
from aggregates.impact import parts
from aggregates.setup.catalogue import Setup
from aggregates.use_case import Decides, Outcome
from projections.answers.customer_preview_models import (
    MOST_CHANGES,
    MOST_DELIVERIES,
    CustomerImpact,
    CustomerPreviewRead,
    ImpactDelivery,
    PreviewChange,
)
from projections.answers.impact import day_range, days_before, impact_members, past_read, with_same_fields
from projections.deliveries.outgoing import Outgoing, changes_of
from projections.deliveries.queries import SentChange, sent_changes
from projections.reading.view import View
from store.application import Dossier


@dataclass(frozen=True, slots=True)
class CustomerPlan:
    """A change of a customer that was decided on and not stored: its facts, and what is in force before and after them.

    Of a merge it is the survivor, and `merged_away` is the fact of the other customer.
    """

    number: str
    version: int
    facts: Sequence[Fact]
    merged_away: CustomerMergedAway | None
    before: InForce
    after: InForce
    setup: Setup
    definitions: Mapping[str, FieldDefinition]

    def effects(self, role: Role) -> list[tuple[str, Effect]]:
        """Returns where another value would hold, as far as a caller in this role may know, by path, then by day."""
        hidden = {key for key, definition in self.definitions.items() if is_hidden(definition, role)}
        return list(effects(self.before, self.after, hidden))


def plan(dossier: Dossier, number: str, decide: Callable[[Decides], Outcome]) -> CustomerPlan:
    """Decides on a change of a customer without storing it. Raises what `decide` raises."""
    dossier.renew_setup()
    store = DryRunStore(dossier)
    version = decide(store).version
    merged_away = next((fact for fact in store.facts if isinstance(fact, CustomerMergedAway)), None)
    number = number if merged_away is None else merged_away.survivor
    subject = CustomerProfile.id_of(dossier.company, number)
    facts = [fact for fact in store.facts if fact.originator_id == subject]
    customer = CustomerProfile.from_facts(dossier.facts(subject, version))
    before = InForce.of(customer)
    for fact in facts:
        fact.mutate(customer)
    setup = store.setup()
    return CustomerPlan(number, version, facts, merged_away, before, InForce.of(customer), setup, setup.fields)


def preview_read(
    planned: CustomerPlan, role: Role, today: date, *, impact: CustomerImpact | None = None
) -> CustomerPreviewRead:
    """Returns the answer about a change to a caller in this role. `impact` is told where it is given."""
    changes = [change for fact in planned.facts for change in changes_of(fact)]
    days = joined(Days(change.effective_from, change.effective_to) for change in changes)
    differs = any(effect.days.first < today for _, effect in planned.effects(role))
    read = [part for change in changes for part in _change(planned, change)]
    return CustomerPreviewRead(
        number=planned.number,
        version=planned.version,
        today=today,
        changed=bool(planned.facts),
        changes=read[:MOST_CHANGES],
        changes_left_off=max(len(read) - MOST_CHANGES, 0),
        past=past_read(days_before(today, days), changes_answers=differs),
        impact=impact,
    )


def customer_impact(view: View, planned: CustomerPlan, role: Role, today: date) -> CustomerImpact:
    """Returns the impact of a change, as far as a caller in this role may know it. The view is of `deliveries`."""
    path_effects = planned.effects(role)
    ranges = with_same_fields(_by_days(path_effects))
    deliveries = list(_deliveries(view, planned.number, path_effects))
    return CustomerImpact(
        **impact_members(digest(planned.number, planned.before, planned.after, planned.definitions), ranges, today),
        deliveries=deliveries[:MOST_DELIVERIES],
        deliveries_left_off=max(len(deliveries) - MOST_DELIVERIES, 0),
    )


def _change(planned: CustomerPlan, change: Outgoing) -> Iterator[PreviewChange]:
    """Yields a value that would be recorded, once for all days on which the same holds now."""
    path = _path(change.mapped)
    before = planned.before.timeline(path)
    for days in parts(Days(change.effective_from, change.effective_to), before):
        words = _words(planned, path, text_of(before.at(days.first)), change.value)
        yield PreviewChange(effective_from=days.first, effective_to=days.last, field=path, **words)


def _words(planned: CustomerPlan, path: str, before: str | None, after: str | None) -> dict[str, str | None]:
    """Returns the label of what is at a path, and both values as they are shown."""
    kind, _, name = path.partition(".")
    if kind == "fields":
        definition = planned.definitions[name]
        shown = [MASK if definition.masked and value is not None else value for value in (before, after)]
        return {"label": definition.label, "before": shown[0], "after": shown[1]}
    category = planned.setup.category(int(name))
    codes = {"before": before, "after": after}
    descriptions = {
        f"{when}_description": None if code is None else category.responses[code].description
        for when, code in codes.items()
    }
    return {"label": category.description, **codes, **descriptions}


def _by_days(path_effects: Sequence[tuple[str, Effect]]) -> Iterator[tuple[Days, list[str]]]:
    """Yields the days on which something would differ, in order, with the paths of all that would."""
    timelines: dict[str, Timeline[str]] = {}
    for path, effect in path_effects:
        timelines[path] = timelines.get(path, Timeline()).supersede(effect.days, path)
    for days in joined(effect.days for _, effect in path_effects):
        for part in parts(days, *timelines.values()):
            yield part, [path for path, timeline in timelines.items() if timeline.at(part.first) is not None]


def _deliveries(view: View, number: str, path_effects: Sequence[tuple[str, Effect]]) -> list[ImpactDelivery]:
    """Returns the deliveries that were the last to say something of days on which another value would hold."""
    standing: dict[tuple[str, str], Timeline[SentChange]] = {}
    for sent in sent_changes(view, number):
        target = (_path(sent.mapped), sent.attribute)
        standing[target] = standing.get(target, Timeline()).supersede(sent.days, sent)
    affected: dict[SentChange, list[Days]] = {}
    for path, effect in path_effects:
        for (sent_path, _), timeline in standing.items():
            if sent_path == path:
                for version in timeline.cut(effect.days):
                    affected.setdefault(version.content, []).append(version.days)
    return [
        ImpactDelivery(
            delivery_id=sent.delivery_id,
            field=_path(sent.mapped),
            attribute=sent.attribute,
            sent_at=sent.sent_at,
            days=[day_range(part) for part in joined(days)],
        )
        for sent, days in sorted(affected.items(), key=lambda item: item[0].position)
    ]


def _path(mapped: str) -> str:
    """Returns the path of what goes out as `mapped`: `fields.city` for `field:city`, `responses.7` for `category:7`."""
    kind, _, name = mapped.partition(":")
    return f"fields.{name}" if kind == "field" else f"responses.{name}"
