"""By which numbers a row names its customer, and whose row it is (rules 1.14, 3.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from aggregates import texts
from aggregates.customer.numbers import alternate_number_text, customer_number
from aggregates.customer.profile import CustomerProfile
from aggregates.errors import DomainError
from aggregates.upload.mapping import ALTERNATE_NUMBER, NUMBER
from jobs.upload.contact_file.rows import Row
from jobs.upload.customer_numbers import Numbering


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row with the numbers by which it names its customer, as far as they are valid, and the faults of the others.

    `number` is the one in the row if there is one (`has_number`), else the one that a new customer would have; `id` is the id of the
    customer with that number.
    """

    row: Row
    number: str
    has_number: bool
    alternate: str | None
    faults: Sequence[DomainError]
    id: UUID

    def customer_id(self, owners: Mapping[str, UUID]) -> UUID:
        """Returns whose row it is: by its number, else by its alternate number, else the id of a new customer.

        `owners` says whose each alternate number is.
        """
        return self.id if self.has_number or self.alternate is None else owners.get(self.alternate, self.id)


def read_numbers(company: str, numbering: Numbering, row: Row) -> NamedRow:
    """Returns a row with the numbers by which it names its customer."""
    faults = texts.Faults()
    number_cell, number, alternate = row.cells.get(NUMBER), "", None
    if number_cell:
        with faults.at(NUMBER):
            number = customer_number(number_cell)
    number = number or numbering.number(row)
    if alternate_cell := row.cells.get(ALTERNATE_NUMBER):
        with faults.at(ALTERNATE_NUMBER):
            alternate = alternate_number_text(alternate_cell)
    return NamedRow(row, number, bool(number_cell), alternate, faults.errors, CustomerProfile.id_of(company, number))
