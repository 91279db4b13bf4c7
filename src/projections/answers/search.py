"""Whatever a text may be the number, the name or the id of, in groups of at most `MOST` (rules 1.14, 6.1).

Called by the API with a view of the read models in `SEARCHED`. Each group is answered by an index: numbers by how they begin, names by
the beginnings of their words, ids and the values of business fields as a whole. A masked field is not searched: a caller who may not see
its value must not be able to confirm a guess (rule 5.2).
"""

from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Final, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from aggregates.customer.numbers import alternate_number_text
from aggregates.errors import InvalidError
from aggregates.texts import TextError
from projections.accounts import queries as accounts
from projections.customers import queries as customers
from projections.fields import queries as fields
from projections.fields.by_value import holders, searchable_fields
from projections.history import queries as history
from projections.history.models import FoundEvent
from projections.reading.view import View
from projections.tables.beginnings import IN_ORDER
from projections.tables.names import NameSearchError, storable

MOST: Final = 5
"""Results of a group."""
SEARCHED: Final = ("customers", "accounts", "history", "fields")
"""The read models that a view for `search` must be of."""

T = TypeVar("T")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Results(_Model, Generic[T]):
    """The results of a group."""

    items: list[T] = Field(description="Five at most.")
    more: bool = Field(description="Whether there are more.")


class CustomerFound(_Model):
    """A customer that was found by its number or by its name."""

    number: str = Field(description="The customer's number.")
    name: str = Field(description="The customer's name on the day.")
    found_by: Literal["number", "name"] = Field(description="What matches the query.")
    merged_into: str | None = Field(
        description="The customer that it was merged into; `null` where it stands for itself."
    )


class AlternateNumberFound(_Model):
    """An alternate number, and the customer who has it or had it last."""

    alternate_number: str = Field(description="The alternate number.")
    number: str = Field(description="The customer that it leads to.")
    name: str = Field(description="That customer's name on the day.")
    out_of_date: bool = Field(description="Whether the customer goes by another number now, or by none.")
    out_of_date_since: datetime | None = Field(description="Since when; `null` where it is up to date.")
    merged_from: str | None = Field(
        description="The customer who has the number, where that one was merged into `number`."
    )


class AccountFound(_Model):
    """An account."""

    account: str = Field(description="Its number.")
    customer: str = Field(description="The customer that it was opened for.")


class SiteFound(_Model):
    """A site."""

    account: str = Field(description="The account that it is under.")
    site: str = Field(description="Its number.")


class FieldValueFound(_Model):
    """A customer that was found by the value of a searchable business field."""

    number: str = Field(description="The customer's number.")
    name: str = Field(description="The customer's name on the day.")
    field: str = Field(description="The key of the field.")
    label: str = Field(description="The label of the field.")
    merged_from: str | None = Field(
        description="The customer who has the value, where that one was merged into `number`."
    )


class Found(_Model):
    """What was found, in groups."""

    customers: Results[CustomerFound] = Field(description="By number first, then by name.")
    alternate_numbers: Results[AlternateNumberFound] = Field(description="By alternate number, former ones included.")
    business_fields: Results[FieldValueFound] = Field(
        description="By the whole value of a searchable field that is not masked."
    )
    accounts: Results[AccountFound] = Field(description="By account number.")
    sites: Results[SiteFound] = Field(description="By site number.")
    events: Results[FoundEvent] | None = Field(description="By id; `null` where the caller may not read events.")


def search(view: View, query: str, *, events: bool) -> Found:
    """Returns what a text finds. `events` is whether the caller may read events."""
    by_name = _by_name(view, query)  # by bitmaps of its tokens, which what follows does without
    view.connection.execute(IN_ORDER)
    beginnings = sorted({query, query.upper()}) if storable(query) else []
    found_accounts, found_sites = accounts.by_beginning(view, beginnings, MOST + 1) if beginnings else ([], [])
    return Found(
        customers=_results([*_by_number(view, beginnings), *by_name]),
        alternate_numbers=_results(_by_alternate_number(view, query)),
        business_fields=_results(_by_value(view, query)),
        accounts=_results([AccountFound(account=account, customer=customer) for account, customer in found_accounts]),
        sites=_results([SiteFound(account=account, site=site) for account, site in found_sites]),
        events=_results(_by_event(view, query)) if events else None,
    )


def id_of(query: str) -> UUID | None:
    """Returns the id that a text is; `None` where it is none."""
    try:
        id_ = UUID(query)
    except ValueError:
        return None
    return id_ if str(id_) == query.lower() else None


def _results(items: list[T]) -> Results[T]:
    return Results(items=items[:MOST], more=len(items) > MOST)


def _by_number(view: View, beginnings: list[str]) -> list[CustomerFound]:
    rows = customers.by_beginning(view, beginnings, MOST + 1) if beginnings else []
    return [
        CustomerFound(number=number, name=name, found_by="number", merged_into=survivor)
        for number, name, survivor in rows
    ]


def _by_name(view: View, query: str) -> list[CustomerFound]:
    if id_of(query) is not None:
        return []
    try:
        page = customers.by_name(view, query, MOST + 1)
    except NameSearchError:
        return []
    return [
        CustomerFound(number=summary.number, name=summary.name, found_by="name", merged_into=None)
        for summary in page.items
    ]


def _by_alternate_number(view: View, query: str) -> list[AlternateNumberFound]:
    try:
        beginning = alternate_number_text(query)
    except InvalidError:
        return []
    results = []
    for alternate_number, holder, since in customers.holders(view, beginning, MOST + 1):
        customer = customers.customer_or_survivor(view, holder)
        if customer is not None:
            results.append(
                AlternateNumberFound(
                    alternate_number=alternate_number,
                    number=customer.number,
                    name=customer.name,
                    out_of_date=since is not None,
                    out_of_date_since=since,
                    merged_from=None if customer.number == holder else holder,
                )
            )
    return results


def _by_value(view: View, query: str) -> list[FieldValueFound]:
    masked = fields.masked_fields(view)
    results: list[FieldValueFound] = []
    for field in searchable_fields(view):
        if field.key in masked or not field.active:
            continue
        with suppress(TextError):
            for holder in islice(holders(view, field, query), MOST + 1 - len(results)):
                customer = customers.customer_or_survivor(view, holder)
                if customer is not None:
                    merged_from = None if customer.number == holder else holder
                    shown = {"number": customer.number, "name": customer.name, "merged_from": merged_from}
                    results.append(FieldValueFound(field=field.key, label=field.label, **shown))
    return results


def _by_event(view: View, query: str) -> list[FoundEvent]:
    event_id = id_of(query)
    event = None if event_id is None else history.event(view, event_id)
    return [] if event is None else [event]
