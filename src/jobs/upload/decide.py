"""What the rows of a contact file make of customers: matched, read and decided in memory, stored by nobody (rules 3.2, 3.9, 3.10, 6.1).

A row is a customer's by its customer number, else by its alternate number; else it makes a new customer, whose number comes from the
file and the row's place in it, so that the same file again meets the same customers. A row is taken whole or not at all. Rows of one
customer follow each other.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aggregates import texts
from aggregates.aggregate import Aggregate
from aggregates.customer.commands import ALTERNATE_NUMBERS
from aggregates.customer.events import CustomerRegistered
from aggregates.customer.numbers import alternate_number_text, customer_number
from aggregates.customer.profile import LONGEST_NAME, CustomerProfile
from aggregates.customer.raw_values import read_row
from aggregates.customer.rows import registration, unsaid
from aggregates.effective import Days
from aggregates.errors import DomainError, InvalidError
from aggregates.fact import Fact, Origin, event_id
from aggregates.field.field import FieldDefinition
from aggregates.field.types import ZoneOn
from aggregates.upload.mapping import ALTERNATE_NUMBER, NAME, NUMBER, SPECIAL
from aggregates.use_case import Claim
from jobs.upload.contact_file.rows import Row
from jobs.upload.customer_numbers import Numbering
from jobs.upload.failed_rows import content_of, masked_targets
from jobs.upload.known_customers import Known
from jobs.upload.records import FailedRow, RowError


class RowRefusedError(InvalidError):
    """A row cannot be taken, whatever its values are."""


@dataclass(frozen=True, slots=True)
class Task:
    """What an upload asks for: `file` is of its digest, `numbering` gives new customers their numbers, `origin` is that of the facts."""

    upload: str
    file: str
    numbering: Numbering
    days: Days
    origin: Origin


@dataclass(slots=True)
class Decided:
    """What some rows come to: facts in order, claims of alternate numbers with their owners, errors, and how many rows did what."""

    facts: list[Fact] = field(default_factory=list)
    claims: list[tuple[Claim, UUID]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    failed_rows: list[FailedRow] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    position: int = 0
    """That of the setup that was consulted."""
    customers: Set[UUID] = frozenset()
    """Those that the decision looked at."""
    alternates: Set[str] = frozenset()
    """The alternate numbers that it looked at."""

    def meets(self, other: "Decided") -> bool:
        """Whether one of them may have changed what the other looked at."""
        return not (self.customers.isdisjoint(other.customers) and self.alternates.isdisjoint(other.alternates))


@dataclass(slots=True)
class _Named:
    """By which numbers a row names its customer, as far as they are right, and what is wrong with the others.

    `number` is that of a new customer; `id`: whose it would be.
    """

    row: Row
    number: str
    given: bool
    alternate: str | None
    faults: Sequence[DomainError]
    id: UUID


def decide(
    known: Known, task: Task, definitions: Mapping[str, FieldDefinition], zone: ZoneOn, rows: Sequence[Row]
) -> Decided:
    """Decides on these rows, in order, on what is known now. `zone` is the company's, for times without one.

    Raises:
        MapperDeserialisationError: an event of a customer cannot be read.
        OperationalError: the database cannot be reached.
    """
    named = [_named(known.company, task, row) for row in rows]
    owners = known.owners({one.alternate for one in named if one.alternate is not None})
    ids = {_whose(one, owners) for one in named} | set(owners.values())
    deciding = _Deciding(known, task, definitions, owners, _customers(known, ids), zone=zone)
    for one in named:
        deciding.decide(one)
    decided = deciding.decided
    decided.customers = ids | deciding.customers.keys() if deciding.customers else ids
    decided.alternates = {one.alternate for one in named if one.alternate is not None}
    return decided


def _named(company: str, task: Task, row: Row) -> _Named:
    faults = texts.Faults()
    given, number, alternate = row.cells.get(NUMBER), task.numbering.number(row), None
    if given:
        with faults.at(NUMBER):
            number = customer_number(given)
    if cell := row.cells.get(ALTERNATE_NUMBER):
        with faults.at(ALTERNATE_NUMBER):
            alternate = alternate_number_text(cell)
    return _Named(row, number, bool(given), alternate, faults.found, CustomerProfile.id_of(company, number))


def _whose(one: _Named, owners: Mapping[str, UUID]) -> UUID:
    """Whose row it is, or would be: by its number, else by its alternate number, else a new customer's."""
    return one.id if one.given or one.alternate is None else owners.get(one.alternate, one.id)


def _customers(known: Known, ids: set[UUID]) -> dict[UUID, CustomerProfile]:
    """These customers as far as there are any, and the survivors of those that were merged away."""
    found: dict[UUID, Aggregate] = {}
    wanted = list(ids)
    while wanted:
        known.keys.preload(wanted)
        loaded = known.load_many(wanted)
        found |= loaded
        profiles = (aggregate for aggregate in loaded.values() if isinstance(aggregate, CustomerProfile))
        survivors = {profile.merges.survivor for profile in profiles if profile.merges.survivor is not None}
        wanted = list({CustomerProfile.id_of(known.company, number) for number in survivors} - found.keys())
    return {id_: one for id_, one in found.items() if isinstance(one, CustomerProfile)}


class _Deciding:
    """Rows, one after the other, over the customers that they are about."""

    def __init__(
        self,
        known: Known,
        task: Task,
        definitions: Mapping[str, FieldDefinition],
        owners: dict[str, UUID],
        customers: dict[UUID, CustomerProfile],
        *,
        zone: ZoneOn,
    ) -> None:
        self.decided = Decided()
        self._keys = known.keys
        self._company = known.company
        self._task = task
        self._definitions = definitions
        self._zone = zone
        self._owners = owners
        self.customers = customers
        self._registered: dict[UUID, Fact] = {}

    def decide(self, one: _Named) -> None:
        """Takes a row, or says what is wrong with it."""
        id_ = _whose(one, self._owners)
        customer = self._survivor(id_)
        if (barred := self._barred(one, customer)) is not None:
            self._fail(one, customer, [RowRefusedError(barred)])
            return
        cells = {key: cell for key, cell in one.row.cells.items() if key not in SPECIAL}
        values, wrong = read_row(cells, self._definitions, new=customer is None, zone=self._zone)
        faults = [*one.faults, *self._unusable(one, customer), *wrong]
        if faults:
            self._fail(one, customer, faults)
        elif customer is None:
            self._register(id_, one, values)
        else:
            self._change(customer, one, self._unsaid(id_, customer, one.row, values))

    def _unsaid(self, id_: UUID, customer: CustomerProfile, row: Row, values: Mapping[str, str]) -> Mapping[str, str]:
        """What was said before about a customer that was merged away is no news about its survivor."""
        named, task = self.customers[id_], self._task
        if named is customer:
            return values
        return unsaid(named.fields, values, task.days, row=row.number, file=task.file)

    def _survivor(self, id_: UUID) -> CustomerProfile | None:
        """The customer with this id, or the one that it was merged into."""
        if id_ in self._registered:
            self.customers[id_] = CustomerProfile.from_facts([self._registered.pop(id_)])
        customer = self.customers.get(id_)
        while customer is not None and customer.merges.survivor is not None:
            customer = self.customers.get(CustomerProfile.id_of(self._company, customer.merges.survivor))
        return customer

    def _barred(self, one: _Named, customer: CustomerProfile | None) -> str | None:
        """Why the row cannot be taken whatever its values are."""
        if one.row.fault is not None:
            return one.row.fault
        if not any(one.row.cells.values()):
            return "None of the mapped columns has a value."
        if customer is not None and customer.changed_at and self._keys.find(customer.id) == (True, None):
            return f"Customer {customer.number} was erased; nothing about it is taken."
        return None

    def _unusable(self, one: _Named, customer: CustomerProfile | None) -> list[DomainError]:
        """What is wrong with its name, or with whose its alternate number is."""
        faults = texts.Faults()
        if customer is None and (name := one.row.cells.get(NAME)):
            with faults:
                texts.text(name, field=NAME, label="The name", longest=LONGEST_NAME)
        owner = None if one.alternate is None else self._owners.get(one.alternate)
        if owner is not None and (customer is None or self._survivor(owner) is not customer):
            text = f"Alternate number {one.alternate} is already in use."
            faults.found.append(RowRefusedError(text, field=ALTERNATE_NUMBER))
        return faults.found

    def _register(self, id_: UUID, one: _Named, values: Mapping[str, str]) -> None:
        payload, rest = registration(
            one.number,
            _name(one.row.cells.get(NAME), values) or one.number,
            values,
            self._definitions,
            self._task.days,
            upload=self._task.upload,
            row=one.row.number,
            file=self._task.file,
        )
        fact = _first_fact(id_, self._company, self._task.origin, payload)
        self._registered[id_] = fact
        self.decided.facts.append(fact)
        self.decided.new += 1
        if (rest or one.alternate is not None) and (customer := self._survivor(id_)) is not None:
            self._take(customer, one, rest)

    def _change(self, customer: CustomerProfile, one: _Named, values: Mapping[str, str]) -> None:
        if self._take(customer, one, values):
            self.decided.changed += 1
        else:
            self.decided.unchanged += 1

    def _take(self, customer: CustomerProfile, one: _Named, values: Mapping[str, str]) -> bool:
        """Lets the customer take the values and the alternate number; true when something of it changes."""
        changed = customer.upload_fields(
            self._task.origin,
            values,
            self._definitions,
            self._task.days,
            upload=self._task.upload,
            row=one.row.number,
            file=self._task.file,
        )
        claimed = self._claim(customer, one.alternate)
        self.decided.facts.extend(customer.collect_events())
        return changed or claimed

    def _claim(self, customer: CustomerProfile, alternate: str | None) -> bool:
        """Gives the customer an alternate number that is nobody's; true when it did."""
        if alternate is None or alternate in self._owners:
            return False
        customer.add_alternate_number(self._task.origin, alternate, primary=False)
        self._owners[alternate] = customer.id
        self.decided.claims.append((Claim(ALTERNATE_NUMBERS, alternate), customer.id))
        return True

    def _fail(self, one: _Named, customer: CustomerProfile | None, faults: Sequence[DomainError]) -> None:
        """Says what is wrong with a row; its customer, whose key seals it, may be the one of its alternate number only."""
        self.decided.failed += 1
        if customer is None and (owner := self._owners.get(one.alternate or "")) is not None:
            customer = self._survivor(owner)
        subject = None if customer is None else customer.id
        hidden = masked_targets(self._definitions)
        for fault in faults:
            masked = fault.field in hidden
            value = None if fault.field is None or masked else one.row.cells.get(fault.field)
            self.decided.errors.append(RowError(one.row.number, fault.field, value, fault.text, subject, masked=masked))
        content = content_of(one.row, None if customer is None else customer.number, hidden)
        self.decided.failed_rows.append(FailedRow(one.row.number, content, subject))


def _first_fact(id_: UUID, company: str, origin: Origin, payload: Mapping[str, Any]) -> CustomerRegistered:
    """The fact that registers a customer. No customer is made for it: a file brings a million of them."""
    return CustomerRegistered(
        originator_id=id_,
        originator_version=1,
        event_id=event_id(origin.causation_id, id_, 1),
        company=company,
        origin=origin,
        **payload,
    )


def _name(given: str | None, values: Mapping[str, str]) -> str:
    """The name of a new customer: its column, else what its first and last name say."""
    if given:
        return given.strip()
    parts = (values.get("first_name"), values.get("last_name"))
    return " ".join(part for part in parts if part)[:LONGEST_NAME].strip()
