"""What the read model `customers` answers with."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from projections.tables.explanation import Explainable


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class AlternateNumber(Explainable):
    """A number that is, or was, on a customer's list. `known_to` is `None` while it is (`current`)."""

    number: str
    primary: bool
    current: bool
    known_from: datetime
    known_to: datetime | None
    out_of_date_since: datetime | None = Field(
        None,
        exclude_if=lambda since: since is None,
        description="Since when another number is primary in its place, or it is off the list; absent where it is up to date.",
    )


class Customer(Explainable):
    """A customer on a day, as known then. Alternate numbers: the primary one, further ones, then former ones.

    `aliases` are the numbers of customers that were merged into this one, directly or over others: they lead here (rule 6.1).
    """

    number: str
    name: str
    version: int
    registered_at: datetime
    valid_at: date
    known_at: datetime
    alternate_numbers: list[AlternateNumber]
    aliases: list[str]


class FoundByAlternate(_Model):
    """The customer that an alternate number leads to. `out_of_date`: the customer goes by another number now, or by none.

    `merged_from`: the number of the customer that has the alternate number, where that one was merged into the one found.
    """

    customer: Customer
    alternate_number: str
    out_of_date: bool
    merged_from: str | None = None
