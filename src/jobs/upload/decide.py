"""What the rows of a contact file do to customers: matched, read and decided in memory; nothing is stored here (rules 3.2, 3.9, 3.10, 6.1).

The run and the dry run share it, so that the dry run counts what the run would do. A row belongs to the customer with its customer number,
else to the one with its alternate number; else it makes a new customer, whose number comes from the file and the row's place in it, so that
the same file again finds the same customers. A row is taken whole or not at all. Rows of one customer are applied in order.
"""

from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aggregates import texts
from aggregates.customer.commands import ALTERNATE_NUMBERS
from aggregates.customer.events import CustomerRegistered
from aggregates.customer.profile import LONGEST_NAME, CustomerProfile
from aggregates.customer.raw_values import read_row
from aggregates.customer.rows import registration, values_not_uploaded
from aggregates.effective import Days
from aggregates.errors import DomainError, InvalidError
from aggregates.fact import Fact, Origin, Source, event_id
from aggregates.field.field import FieldDefinition
from aggregates.field.types import ZoneOn
from aggregates.upload.events import UploadReceived
from aggregates.upload.mapping import ALTERNATE_NUMBER, NAME, SPECIAL
from aggregates.use_case import Claim
from jobs.upload.contact_file.rows import Row
from jobs.upload.customer_numbers import Numbering, numbering_of
from jobs.upload.failed_rows import content_of, masked_targets
from jobs.upload.known_customers import KnownCustomers
from jobs.upload.naming import NamedRow, read_numbers
from jobs.upload.records import FailedRow, RowError
from store.application import Dossier


class RowRefusedError(InvalidError):
    """A row cannot be taken, whatever its values are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An upload, and the days on which its values are to hold. `file` is a prefix of the file's digest, `numbering` gives new customers
    their numbers, `origin` is that of the events."""

    upload: str
    file: str
    numbering: Numbering
    days: Days
    origin: Origin


@dataclass(slots=True)
class Outcomes:
    """The facts of some rows in order, claims of alternate numbers with their owners, what is wrong with rows, and how many rows have each
    outcome."""

    facts: list[Fact] = field(default_factory=list)
    claims: list[tuple[Claim, UUID]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    failed_rows: list[FailedRow] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    without_number: list[Row] = field(default_factory=list)
    """The rows that make a new customer and have no number by which they could be matched again."""
    repeated: list[Row] = field(default_factory=list)
    """The rows that are taken and have a number that an earlier row of the file has: they count after it."""
    consulted: AbstractSet[Hashable] = frozenset()
    """The customers and the alternate numbers that were looked at."""


def plan_of(dossier: Dossier, received: UploadReceived) -> Plan:
    """Returns what an upload asks for. Its events have the actor who uploaded the file, and are caused by its arrival."""
    numbering = numbering_of(dossier, received)
    days = Days(received.effective_from, received.effective_to)
    origin = received.origin.model_copy(update={"source": Source.UPLOAD, "causation_id": received.event_id})
    return Plan(received.upload, numbering.file, numbering, days, origin)


def decide(
    known: KnownCustomers, plan: Plan, definitions: Mapping[str, FieldDefinition], zone: ZoneOn, rows: Sequence[Row]
) -> Outcomes:
    """Decides on these rows, in order, on what is known now. `zone` is the company's, for times without one.

    A single row whose event would be too large fails (rule 0.11).

    Raises:
        MapperDeserialisationError: an event of a customer cannot be read.
        OperationalError: the database cannot be reached.
    """
    named_rows = [read_numbers(known.company, plan.numbering, row) for row in rows]
    alternates = {named_row.alternate for named_row in named_rows if named_row.alternate is not None}
    owners = known.owners(alternates)
    ids = {named_row.customer_id(owners) for named_row in named_rows} | set(owners.values())
    deciding = _Deciding(known, plan, definitions, owners, known.load(ids), zone=zone)
    for named_row in named_rows:
        deciding.decide(named_row)
    outcomes = deciding.outcomes
    if len(rows) == 1 and (reason := known.mapper.too_large(outcomes.facts)) is not None:
        outcomes = _failed_as_a_whole(rows[0], outcomes, reason, masked_targets(definitions))
    outcomes.consulted = ids | deciding.customers.keys() | alternates
    return outcomes


class _Deciding:
    """Decides on rows, one after the other, with the customers that they are about."""

    def __init__(
        self,
        known: KnownCustomers,
        plan: Plan,
        definitions: Mapping[str, FieldDefinition],
        owners: dict[str, UUID],
        customers: dict[UUID, CustomerProfile],
        *,
        zone: ZoneOn,
    ) -> None:
        self.outcomes = Outcomes()
        self._keys = known.mapper.keys
        self._company = known.company
        self._plan = plan
        self._definitions = definitions
        self._zone = zone
        self._owners = owners
        self.customers = customers
        self._registered: dict[UUID, Fact] = {}

    def decide(self, named_row: NamedRow) -> None:
        """Takes a row, or records what is wrong with it."""
        id_ = named_row.customer_id(self._owners)
        customer = self._survivor(id_)
        if (reason := self._reason_to_refuse(named_row, customer)) is not None:
            self._fail(named_row, customer, [RowRefusedError(reason)])
            return
        cells = {key: cell for key, cell in named_row.row.cells.items() if key not in SPECIAL}
        values, value_faults = read_row(cells, self._definitions, new=customer is None, zone=self._zone)
        faults = [*named_row.faults, *self._faults_of_names(named_row, customer), *value_faults]
        if faults:
            self._fail(named_row, customer, faults)
            return
        if named_row.row.repeated:
            self.outcomes.repeated.append(named_row.row)
        if customer is None:
            self._register(id_, named_row, values)
        else:
            self._change(customer, named_row, self._news(id_, customer, named_row.row, values))

    def _news(self, id_: UUID, customer: CustomerProfile, row: Row, values: Mapping[str, str]) -> Mapping[str, str]:
        """Returns the values that are new: a file may repeat for a survivor what it said about a customer that was merged into it."""
        original, plan = self.customers[id_], self._plan
        if original is customer:
            return values
        return values_not_uploaded(original.fields, values, plan.days, row=row.number, file=plan.file)

    def _survivor(self, id_: UUID) -> CustomerProfile | None:
        """Returns the customer with this id, or the one that it was merged into."""
        if id_ in self._registered:
            self.customers[id_] = CustomerProfile.from_facts([self._registered.pop(id_)])
        customer = self.customers.get(id_)
        while customer is not None and customer.merges.survivor is not None:
            customer = self.customers.get(CustomerProfile.id_of(self._company, customer.merges.survivor))
        return customer

    def _reason_to_refuse(self, named_row: NamedRow, customer: CustomerProfile | None) -> str | None:
        """Returns why the row cannot be taken whatever its values are, `None` if it can."""
        if named_row.row.fault is not None:
            return named_row.row.fault
        if not any(named_row.row.cells.values()):
            return "None of the mapped columns has a value."
        if customer is not None and customer.changed_at and self._keys.find(customer.id) == (True, None):
            return f"Customer {customer.number} was erased, so the row was not taken."
        return None

    def _faults_of_names(self, named_row: NamedRow, customer: CustomerProfile | None) -> list[DomainError]:
        """Returns what is wrong with the name of a new customer, and whether the alternate number is another customer's."""
        faults = texts.Faults()
        if customer is None and (name := named_row.row.cells.get(NAME)):
            with faults:
                texts.text(name, field=NAME, label="The name", longest=LONGEST_NAME)
        owner = None if named_row.alternate is None else self._owners.get(named_row.alternate)
        if owner is not None and (customer is None or self._survivor(owner) is not customer):
            text = f"Alternate number {named_row.alternate} is already in use."
            faults.errors.append(RowRefusedError(text, field=ALTERNATE_NUMBER))
        return faults.errors

    def _register(self, id_: UUID, named_row: NamedRow, values: Mapping[str, str]) -> None:
        payload, rest = registration(
            named_row.number,
            _name(named_row.row.cells.get(NAME), values) or named_row.number,
            values,
            self._definitions,
            self._plan.days,
            upload=self._plan.upload,
            row=named_row.row.number,
            file=self._plan.file,
        )
        fact = _registration_fact(id_, self._company, self._plan.origin, payload)
        self._registered[id_] = fact
        self.outcomes.facts.append(fact)
        self.outcomes.new += 1
        if not named_row.has_number and named_row.alternate is None:
            self.outcomes.without_number.append(named_row.row)
        if (rest or named_row.alternate is not None) and (customer := self._survivor(id_)) is not None:
            self._take(customer, named_row, rest)

    def _change(self, customer: CustomerProfile, named_row: NamedRow, values: Mapping[str, str]) -> None:
        if self._take(customer, named_row, values):
            self.outcomes.changed += 1
        else:
            self.outcomes.unchanged += 1

    def _take(self, customer: CustomerProfile, named_row: NamedRow, values: Mapping[str, str]) -> bool:
        """Applies the values and the alternate number to the customer; returns true if any of them changes."""
        fields_changed = customer.upload_fields(
            self._plan.origin,
            values,
            self._definitions,
            self._plan.days,
            upload=self._plan.upload,
            row=named_row.row.number,
            file=self._plan.file,
        )
        number_added = self._add_number(customer, named_row.alternate)
        self.outcomes.facts.extend(customer.collect_events())
        return fields_changed or number_added

    def _add_number(self, customer: CustomerProfile, alternate: str | None) -> bool:
        """Gives the customer an alternate number that no customer has; returns true if it did."""
        if alternate is None or alternate in self._owners:
            return False
        customer.add_alternate_number(self._plan.origin, alternate, primary=False)
        self._owners[alternate] = customer.id
        self.outcomes.claims.append((Claim(ALTERNATE_NUMBERS, alternate), customer.id))
        return True

    def _fail(self, named_row: NamedRow, customer: CustomerProfile | None, faults: Sequence[DomainError]) -> None:
        """Records what is wrong with a row, sealed with the key of its customer, which may be known by the alternate number only."""
        self.outcomes.failed += 1
        if customer is None and (owner := self._owners.get(named_row.alternate or "")) is not None:
            customer = self._survivor(owner)
        row, subject = named_row.row, None if customer is None else customer.id
        hidden = masked_targets(self._definitions)
        for fault in faults:
            masked = fault.field in hidden
            value = None if fault.field is None or masked else row.cells.get(fault.field)
            self.outcomes.errors.append(RowError(row.number, fault.field, value, fault.text, subject, masked=masked))
        content = content_of(row, None if customer is None else customer.number, hidden)
        self.outcomes.failed_rows.append(FailedRow(row.number, content, subject))


def _failed_as_a_whole(row: Row, outcomes: Outcomes, reason: str, hidden: AbstractSet[str]) -> Outcomes:
    """Returns that a row fails, instead of its outcomes. Its customer is named only if it is stored already."""
    fact = outcomes.facts[0]
    subject = fact.originator_id if fact.originator_version > 1 else None
    content = content_of(row, None, hidden)
    return Outcomes(
        failed=1,
        errors=[RowError(row.number, None, None, reason, subject)],
        failed_rows=[FailedRow(row.number, content, subject)],
    )


def _registration_fact(id_: UUID, company: str, origin: Origin, payload: Mapping[str, Any]) -> CustomerRegistered:
    """Returns the fact that registers a customer, without making the customer: a file may bring a million of them."""
    return CustomerRegistered(
        originator_id=id_,
        originator_version=1,
        event_id=event_id(origin.causation_id, id_, 1),
        company=company,
        origin=origin,
        **payload,
    )


def _name(column: str | None, values: Mapping[str, str]) -> str:
    """Returns the name of a new customer: that of its column, else its first and last name."""
    if column:
        return column.strip()
    parts = (values.get("first_name"), values.get("last_name"))
    return " ".join(part for part in parts if part)[:LONGEST_NAME].strip()
