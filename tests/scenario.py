"""Given facts, when one decision, then facts: the form of the tests of aggregates.

    given(customer_registered()).when(lambda it: it.rename(ORIGIN, name="Ada", days=FROM_TODAY)).then(customer_renamed("Ada"))

History is given as facts, so every test also proves replay; the recorded facts are replayed as well and must give the same aggregate.
Ids, days and instants are fixed. `history` numbers the facts, not the test.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from aggregates.aggregate import Aggregate
from aggregates.customer import events as customer
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days, Timeline
from aggregates.errors import DomainError, RefusedError
from aggregates.fact import NAMESPACE, Fact, Origin, Role, Source, event_id
from aggregates.setup import events as setup
from aggregates.setup.category import ProfileCategory
from aggregates.setup.controls import SystemControls
from aggregates.setup.mappings import AttributeMappings

COMPANY: Final = "acme"
TODAY: Final = date(2026, 3, 10)
FROM_TODAY: Final = Days(TODAY)
LONG_AGO: Final = date(2020, 1, 1)
FIRST_RECORDED: Final = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)


def cause(name: str) -> UUID:
    """A fixed id with a name."""
    return uuid5(NAMESPACE, f"test/{name}")


def origin(actor: str = "ann", role: Role = Role.AGENT, because: str = "now") -> Origin:
    """Where a change came from; `because` names its cause."""
    return Origin(
        actor=actor,
        role=role,
        source=Source.UI,
        correlation_id=cause(because),
        causation_id=cause(because),
        reason=None,
    )


ORIGIN: Final = origin()
EARLIER: Final = origin("bob", Role.ADMINISTRATOR, "earlier")


# Facts that happened


def fact_of(fact: type[Fact], home: type[Aggregate], key: str | int, /, **payload: Any) -> Fact:
    """A fact of the aggregate with this key, told by bob; `history` numbers it."""
    id_ = home.id_of(COMPANY, key)
    return fact(
        originator_id=id_,
        originator_version=1,
        event_id=event_id(EARLIER.causation_id, id_, 1),
        company=COMPANY,
        origin=EARLIER,
        **payload,
    )


def history(*facts: Fact) -> list[Fact]:
    """The facts as the log gives them back: numbered from 1 in their aggregate, recorded a minute apart."""
    versions: Counter[UUID] = Counter()
    told: list[Fact] = []
    for minute, fact in enumerate(facts):
        versions[fact.originator_id] += 1
        version = versions[fact.originator_id]
        place = {
            "originator_version": version,
            "event_id": event_id(EARLIER.causation_id, fact.originator_id, version),
            "recorded_at": FIRST_RECORDED + timedelta(minutes=minute),
        }
        told.append(fact.model_copy(update=place))
    return told


def category_defined(
    code: int = 7, description: str = "Age", *, required: bool = False, position: int = 0, active: bool = True
) -> Fact:
    payload = {"description": description, "required": required, "position": position, "active": active}
    return fact_of(setup.CategoryDefined, ProfileCategory, code, code=code, **payload)


def category_changed(
    code: int = 7, description: str = "Age", *, required: bool = False, position: int = 0, active: bool = True
) -> Fact:
    payload = {"description": description, "required": required, "position": position, "active": active}
    return fact_of(setup.CategoryChanged, ProfileCategory, code, code=code, **payload)


def response_defined(
    response: str = "A", description: str = "Under 30", *, code: int = 7, position: int = 0, active: bool = True
) -> Fact:
    payload = {"response": response, "description": description, "position": position, "active": active}
    return fact_of(setup.ResponseDefined, ProfileCategory, code, code=code, **payload)


def response_changed(
    response: str = "A", description: str = "Under 30", *, code: int = 7, position: int = 0, active: bool = True
) -> Fact:
    payload = {"response": response, "description": description, "position": position, "active": active}
    return fact_of(setup.ResponseChanged, ProfileCategory, code, code=code, **payload)


def default_moved(to: str | None, *, before: str | None = None, code: int = 7) -> Fact:
    return fact_of(setup.DefaultResponseMoved, ProfileCategory, code, code=code, from_response=before, to_response=to)


def control_set(code: str, value: str, first: date = TODAY, last: date | None = None) -> Fact:
    payload = {"code": code, "value": value, "effective_from": first, "effective_to": last}
    return fact_of(setup.ControlValueSet, SystemControls, COMPANY, **payload)


def attribute_mapped(mapped: str = "category:7", attribute: str = "age") -> Fact:
    return fact_of(setup.AttributeMapped, AttributeMappings, COMPANY, mapped=mapped, attribute=attribute)


def attribute_unmapped(mapped: str = "category:7", attribute: str = "age") -> Fact:
    return fact_of(setup.AttributeUnmapped, AttributeMappings, COMPANY, mapped=mapped, attribute=attribute)


def _customer_fact(fact: type[Fact], number: str, **payload: Any) -> Fact:
    return fact_of(fact, CustomerProfile, number, number=number, **payload)


def customer_registered(name: str = "Ada Byron", first: date = LONG_AGO, *, number: str = "1001") -> Fact:
    return _customer_fact(customer.CustomerRegistered, number, name=name, effective_from=first, effective_to=None)


def customer_renamed(name: str, first: date = TODAY, last: date | None = None, *, number: str = "1001") -> Fact:
    return _customer_fact(customer.CustomerRenamed, number, name=name, effective_from=first, effective_to=last)


def alternate_number_added(
    alternate_number: str, *, primary: bool = False, replaced: str | None = None, number: str = "1001"
) -> Fact:
    payload = {"alternate_number": alternate_number, "primary": primary, "replaced": replaced}
    return _customer_fact(customer.AlternateNumberAdded, number, **payload)


def primary_changed(alternate_number: str, replaced: str | None, *, number: str = "1001") -> Fact:
    payload = {"alternate_number": alternate_number, "replaced": replaced}
    return _customer_fact(customer.PrimaryAlternateNumberChanged, number, **payload)


def alternate_number_removed(alternate_number: str, *, number: str = "1001") -> Fact:
    return _customer_fact(customer.AlternateNumberRemoved, number, alternate_number=alternate_number)


def response_selected(
    response: str = "A",
    description: str = "Under 30",
    first: date = TODAY,
    last: date | None = None,
    *,
    category: tuple[int, str] = (7, "Age"),
    by_default: bool = False,
    number: str = "1001",
) -> Fact:
    payload = {"response": response, "response_description": description, "by_default": by_default}
    payload |= {"category": category[0], "category_description": category[1]}
    return _customer_fact(customer.ResponseSelected, number, **payload, effective_from=first, effective_to=last)


def response_cleared(
    first: date = TODAY, last: date | None = None, *, category: tuple[int, str] = (7, "Age"), number: str = "1001"
) -> Fact:
    payload = {"category": category[0], "category_description": category[1]}
    return _customer_fact(customer.ResponseCleared, number, **payload, effective_from=first, effective_to=last)


# Given, when, then


def said(facts: Iterable[Fact]) -> list[tuple[type[Fact], dict[str, Any]]]:
    """What facts say, without where they stand: class and payload."""
    return [(type(fact), fact.model_dump(exclude=set(Fact.model_fields))) for fact in facts]


def state(aggregate: Aggregate) -> dict[str, Any]:
    """All that an aggregate knows, without what is pending and when it was stored."""
    return {name: value for name, value in vars(aggregate).items() if name not in {"_pending", "changed_at"}}


class Then:
    """What one decision came to."""

    def __init__(self, before: list[Fact], aggregate: Aggregate, error: DomainError | None) -> None:
        self.before, self.aggregate, self.error = before, aggregate, error

    def then(self, *facts: Fact) -> None:
        """Exactly these facts were recorded, in this order; replaying everything gives the same aggregate."""
        if self.error is not None:
            raise self.error
        recorded = self.aggregate.pending
        assert said(recorded) == said(facts)
        first = len(self.before) + 1
        assert [fact.originator_version for fact in recorded] == list(range(first, first + len(recorded)))
        assert {fact.originator_id for fact in (*self.before, *recorded)} <= {self.aggregate.id}
        assert {fact.company for fact in recorded} <= {COMPANY}
        if self.before or recorded:
            assert state(type(self.aggregate).from_facts([*self.before, *recorded])) == state(self.aggregate)

    def then_nothing(self) -> None:
        """Nothing changed, so nothing was recorded (rule 0.5)."""
        self.then()

    def then_refused(self, error: type[DomainError], text: str, fields: tuple[str | None, ...] = (None,)) -> None:
        """It was refused in these words, naming these fields, and nothing was recorded (rule 0.6)."""
        assert type(self.error) is error, f"{self.error!r} instead of {error.__name__}"
        faults = self.error.faults if isinstance(self.error, RefusedError) else (self.error,)
        assert str(self.error) == text
        assert tuple(fault.field for fault in faults) == fields
        assert self.aggregate.pending == ()


class Given:
    """A history, before something is decided."""

    def __init__(self, aggregate: Aggregate, before: list[Fact]) -> None:
        self.aggregate, self.before = aggregate, before

    def when(self, decide: Callable[[Any], object]) -> Then:
        """Lets the aggregate decide once."""
        try:
            decide(self.aggregate)
        except DomainError as error:
            return Then(self.before, self.aggregate, error)
        return Then(self.before, self.aggregate, None)


def given(*facts: Fact) -> Given:
    """The aggregate that these facts made; they all belong to one."""
    before = history(*facts)
    return Given(Aggregate.from_facts(before), before)


def given_no(kind: type[Aggregate], key: str | int) -> Given:
    """An aggregate without history."""
    return Given(kind.new(COMPANY, key), [])


def told(*facts: Fact) -> Any:
    """The aggregate that these facts made, to look at."""
    return given(*facts).aggregate


def response_at(profile: CustomerProfile, category: int, day: date) -> str | None:
    """The customer's response in force on `day`, `None` when there is none."""
    return profile.responses.in_force.get(category, Timeline()).at(day)
