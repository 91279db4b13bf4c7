"""What holds on one day as known at one instant, folded from the facts in the simplest way: of all that says something, the last word.

It is written from the rules and not from the code. It keeps no ranges and no rectangles: facts that were recorded later, or that are about
other days, are passed over, and each of the others overwrites what was there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from aggregates.fact import Fact


@dataclass(frozen=True)
class Said:
    """A value, the event that said it, and for a business field its source."""

    value: Any
    by: UUID
    source: str = ""


@dataclass
class Person:
    """A customer."""

    names: list[Any] = field(default_factory=list)
    """Facts that name it."""
    responses: dict[int, Said] = field(default_factory=dict)
    fields: dict[str, Said] = field(default_factory=dict)
    numbers: dict[str, bool] = field(default_factory=dict)
    """Alternate numbers on the list; whether each is the primary one."""
    uploaded: set[str] = field(default_factory=set)
    """The fields that files brought."""
    survivor: str | None = None
    absorbed: list[str] = field(default_factory=list)


@dataclass
class Terms:
    """A profile, a class or the system options: values by path, each with the event behind it, and whether it was set here."""

    values: dict[str, Any] = field(default_factory=dict)
    by: dict[str, UUID] = field(default_factory=dict)
    here: set[str] = field(default_factory=set)
    name: str = ""
    version: int = 0
    event: UUID | None = None


@dataclass
class Point:
    """Everything on one day as known at one instant."""

    day: date
    people: dict[str, Person] = field(default_factory=dict)
    categories: dict[int, dict[str, Any]] = field(default_factory=dict)
    answers: dict[int, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """Responses of categories, as defined."""
    defaults: dict[int, str | None] = field(default_factory=dict)
    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Business fields, in order of definition."""
    controls: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    sites: set[tuple[str, str]] = field(default_factory=set)
    profiles: dict[tuple[str, str | None], Terms] = field(default_factory=dict)
    classes: dict[str, Terms] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    system: Terms = field(default_factory=Terms)

    def holds(self, fact: Any) -> bool:
        """Whether the day is one of the fact's, both ends included."""
        return bool(fact.effective_from <= self.day and (fact.effective_to is None or self.day <= fact.effective_to))

    def take(self, fact: Any) -> None:
        """Lets a fact overwrite what was there."""
        family, _, what = fact.TOPIC.partition(".")
        handle = getattr(self, f"_{family}", None)
        if handle is not None:
            handle(what, fact)

    def _category(self, what: str, fact: Any) -> None:
        if what in {"defined", "changed"}:
            self.categories[fact.code] = {
                name: getattr(fact, name) for name in ("description", "required", "position", "active")
            }
        elif what == "default_response_moved":
            self.defaults[fact.code] = fact.to_response
        else:
            told = {name: getattr(fact, name) for name in ("description", "position", "active")}
            self.answers.setdefault(fact.code, {})[fact.response] = told

    def _field(self, _: str, fact: Any) -> None:
        self.definitions[fact.key] = {
            name: getattr(fact, name) for name in ("group", "position", "masked", "active", "label")
        }

    def _controls(self, _: str, fact: Any) -> None:
        if self.holds(fact):
            self.controls[fact.code] = fact.value

    def _customer(self, what: str, fact: Any) -> None:
        person = self.people.setdefault(fact.number, Person())
        match what:
            case "registered":
                person.names.append(fact)
                self._row(person, fact)
            case "renamed":
                person.names.append(fact)
            case "alternate_number_added" | "primary_alternate_number_changed":
                primary = what != "alternate_number_added" or fact.primary
                if primary:
                    person.numbers = dict.fromkeys(person.numbers, False)
                person.numbers[fact.alternate_number] = primary
            case "alternate_number_removed":
                person.numbers.pop(fact.alternate_number)
            case "response_selected" if self.holds(fact):
                person.responses[fact.category] = Said(fact.response, fact.event_id)
            case "response_cleared" if self.holds(fact):
                person.responses.pop(fact.category, None)
            case "field_edited" if self.holds(fact):
                if fact.cleared:
                    person.fields.pop(fact.field, None)
                else:
                    value = fact.personal_value if fact.is_personal else fact.value
                    person.fields[fact.field] = Said(value, fact.event_id, "edit")
            case "fields_uploaded":
                self._row(person, fact)
            case "merged" | "unmerged" | "values_put_back":
                self._merge(what, person, fact)
            case "merged_away":
                person.survivor = fact.survivor
                self.people[fact.survivor].absorbed.append(fact.number)
            case "brought_back":
                person.survivor = None
                self.people[fact.survivor].absorbed.remove(fact.number)

    def name(self, person: Person) -> Said:
        """The name on the day; before the first day of which a name is known, that of this first day."""
        day = max(self.day, min(fact.effective_from for fact in person.names))
        fact = [fact for fact in person.names if Point(day).holds(fact)][-1]
        return Said(fact.name, fact.event_id)

    def _row(self, person: Person, fact: Any) -> None:
        """A row of a file (rule 3.10): it fills all of its days but those on which an edit stands."""
        withheld_on = getattr(fact, "withheld_on", None) or {}
        for key, value in {**(fact.values or {}), **(fact.personal_values or {})}.items():
            person.uploaded.add(key)
            stands = key in getattr(fact, "withheld", ()) or any(self.holds(days) for days in withheld_on.get(key, ()))
            if self.holds(fact) and not stands:
                person.fields[key] = Said(value, fact.event_id, "upload")

    def _merge(self, what: str, person: Person, fact: Any) -> None:
        personal = getattr(fact, "personal_fields_taken", None) or getattr(fact, "personal_fields_put_back", None) or {}
        for held, stretches in (
            (person.fields, {**fact.fields, **personal}),
            (person.responses, fact.responses),
        ):
            for key, days in stretches.items():
                for dated in filter(self.holds, days):
                    held.pop(key, None)  # type: ignore[call-overload]
                    if what != "unmerged":
                        source = "merge" if what == "merged" else dated.source
                        held[key] = Said(dated.value, fact.event_id, source)  # type: ignore[index]

    def _account(self, what: str, fact: Any) -> None:
        if what == "opened":
            self.accounts[fact.account] = fact.customer
        elif self.holds(fact):
            self._profile((fact.account, None), what, fact)

    def _site(self, what: str, fact: Any) -> None:
        if what == "created":
            self.sites.add((fact.account, fact.site))
        elif self.holds(fact):
            self._profile((fact.account, fact.site), what, fact)

    def _profile(self, place: tuple[str, str | None], what: str, fact: Any) -> None:
        before = self.profiles.pop(place, Terms())
        if what == "profile_ended":
            return
        terms = Terms(
            values_of(fact.profile.terms), name=fact.profile.profile_class, version=fact.profile.class_version
        )
        terms.event = fact.event_id
        if what == "profile_class_assigned":
            kept = before.here if fact.kept_overrides else set()
            terms.by = {path: before.by[path] if path in kept else fact.event_id for path in terms.values}
            terms.here = set(kept)
            terms.by |= {path: before.by[path] for path in kept}
        else:
            terms.by = before.by | dict.fromkeys(fact.changed, fact.event_id)
            terms.here = (
                before.here | set(fact.changed) if what == "profile_updated" else before.here - set(fact.changed)
            )
        self.profiles[place] = terms

    def _profile_class(self, what: str, fact: Any) -> None:
        before = self.classes.get(fact.name, Terms())
        values = {**values_of(fact.terms), "description": fact.description, "active": fact.active}
        changed = {path for path, value in values.items() if before.values.get(path) != value}
        by = {path: fact.event_id if path in changed else before.by[path] for path in values}
        self.classes[fact.name] = Terms(values, by, name=fact.name, version=before.version + 1)

    def _system_options(self, _: str, fact: Any) -> None:
        if self.holds(fact):
            self.system = Terms(values_of(fact.terms), self.system.by | dict.fromkeys(fact.changed, fact.event_id))

    def stands_for(self, number: str) -> str:
        """The number that this one leads to (rule 6.1)."""
        survivor = self.people[number].survivor
        return number if survivor is None else self.stands_for(survivor)

    def absorbed_by(self, number: str) -> list[str]:
        """The numbers that lead to this one."""
        direct = self.people[number].absorbed
        return [*direct, *(further for other in direct for further in self.absorbed_by(other))]


def values_of(terms: Any) -> dict[str, Any]:
    """Terms by path, as JSON has them."""
    document: Mapping[str, Any] = terms.model_dump(mode="json", exclude_none=True)
    values = {f"options.{name}": value for name, value in document["options"].items()}
    for code, row in document["amounts"].items():
        values |= {f"amounts.{code}.{name}": value for name, value in row.items()}
    return values | {f"attributes.{name}": value for name, value in document["attributes"].items()}


def fold(facts: Iterable[Fact], day: date, known_at: datetime) -> Point:
    """What holds on a day, as known at an instant."""
    point = Point(day)
    for fact in facts:
        if fact.recorded_at is not None and fact.recorded_at <= known_at:
            point.take(fact)
    return point
