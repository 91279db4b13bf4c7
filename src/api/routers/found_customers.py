"""`GET /v1/customers`: all customers, or those found by number, name, response or the value of a business field (rules 1.14, 5.2, 6.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from aggregates.customer import unmasking_commands
from aggregates.customer.unmasking import UNMASKERS
from aggregates.errors import ForbiddenError, InvalidError, RefusedError
from aggregates.field.types import LONGEST_VALUE
from api.parameters.pages import Paged, Paging
from api.parameters.reading import Explain, Read, Reading
from api.parameters.shapes import AlternateNumber, FieldKey
from api.parameters.shapes import Query as Words
from api.parameters.spellings import Flag
from api.parameters.writing import Recording, Write
from api.routing.auth import PROFILE_READERS, Allowed, GuardedRoute, allow
from projections.answers.customers_by_value import BY_VALUE, customers_by_value
from projections.answers.explained_customers import (
    explained_by_field,
    explained_by_response,
    explained_customer,
    explained_names,
)
from projections.customers import queries as customers
from projections.customers.models import FoundByAlternate
from projections.drawer import queries as drawer
from projections.drawer.categories import asked_for
from projections.fields.by_value import searchable_field
from projections.fields.queries import masked_fields
from projections.reading.paging import CountedPage, Page, totals
from projections.reading.view import View
from projections.tables.names import CustomerSummary

router: Final = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=GuardedRoute)
MAY_UNMASK: Final = Allowed(UNMASKERS)
Value = Annotated[str, Field(min_length=1, max_length=LONGEST_VALUE)]


class MaskedSearchError(ForbiddenError):
    """A masked field is searched only by those who may see its values, and that is recorded (rule 5.2)."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What customers are to be found by."""

    alternate_number: str | None
    name: str | None
    response: str | None
    field: str | None
    value: str | None
    total: bool
    unmask: bool
    explain: bool

    def check(self) -> None:
        """Raises `RefusedError` where these do not go together."""
        if faults := list(self._faults()):
            raise RefusedError(faults)

    def _faults(self) -> Iterator[InvalidError]:
        names = ("alternate_number", "name", "response", "field")
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) > 1:
            yield from (InvalidError("Search by one of these at a time.", field=name) for name in given)
        if self.field is not None and self.value is None:
            yield InvalidError("Say which value of the field.", field="value")
        if self.field is None and self.value is not None:
            yield InvalidError("Say of which field this is the value.", field="field")
        if self.field is None and self.unmask:
            yield InvalidError("Only a search by a field can unmask.", field="unmask")
        if self.total and given and self.field is None:
            yield InvalidError("Only all customers, or those found by a field, are counted.", field="total")


async def _criteria(
    *,
    alternate_number: Annotated[AlternateNumber | None, Query(description="A current or former number.")] = None,
    name: Annotated[Words | None, Query(description="Beginnings of words of the name.")] = None,
    response: Annotated[Words | None, Query(description="`CATEGORY:RESPONSE`, each by code or description.")] = None,
    field: Annotated[
        FieldKey | None, Query(description="The key of a searchable business field, with `value`.")
    ] = None,
    value: Annotated[
        Value | None,
        Query(
            description="The whole value of the field. Case, accents, blanks and hyphens of a text do not matter, nor the case of an e-mail"
            " address, nor the blanks of a phone number."
        ),
    ] = None,
    total: Annotated[Flag, Query(description="Whether to count all of them.")] = False,
    unmask: Annotated[
        Flag,
        Query(
            description="Search by a masked field, for administrators and auditors only: for each customer of the page this is recorded."
        ),
    ] = False,
    explain: Explain = False,
) -> Criteria:
    return Criteria(alternate_number, name, response, field, value, total, unmask, explain)


FoundBy = Annotated[Criteria, Depends(_criteria)]


@router.get(
    "", response_model=CountedPage[CustomerSummary] | Page[FoundByAlternate], dependencies=[allow(PROFILE_READERS)]
)
def find_customers(request: Request, read: Reading, recorded: Recording, page: Paged, found_by: FoundBy) -> Response:
    """All customers, or those found by alternate number, name, response or business field. A former number is `out_of_date`.

    The alternate number of a customer that was merged into another finds the survivor, and says `merged_from`. A search by a field works
    while its values are encrypted, and finds an erased customer no more (rule 5.1).
    """
    found_by.check()
    if found_by.response is not None:
        return _by_response(read, page, found_by.response, explain=found_by.explain)
    if found_by.field is not None:
        return _by_value(request, read, recorded, page, found_by)
    with read.asked("customers", explain=found_by.explain) as view:
        if found_by.alternate_number is not None:
            return read.answer(_by_alternate_number(view, found_by.alternate_number, explain=found_by.explain), view)
        if found_by.name is not None:
            listed = customers.by_name(view, found_by.name, page.limit, page.cursor)
        else:
            items = customers.all_customers(view, page.limit, page.cursor)
            counted = totals(customers.count_customers(view)) if found_by.total else {}
            listed = CountedPage(items=items.items, next_cursor=items.next_cursor, **counted)
        return read.answer(listed.explained(view, explained_names) if found_by.explain else listed, view)


def _by_alternate_number(view: View, alternate_number: str, *, explain: bool) -> Page[FoundByAlternate]:
    customer = customers.by_alternate_number(view, alternate_number)
    if customer is not None and explain:
        customer = customer.model_copy(update={"customer": explained_customer(view, customer.customer)})
    return Page(items=[] if customer is None else [customer], next_cursor=None)


def _by_response(read: Read, page: Paging, criterion: str, *, explain: bool) -> Response:
    category, colon, response = criterion.partition(":")
    if not colon or not category.strip() or not response.strip():
        raise InvalidError("Write it CATEGORY:RESPONSE, such as AGE:30-39.", field="response")
    with read.asked("drawer", explain=explain) as view:
        listed = drawer.customers_by_response(view, category.strip(), response.strip(), page.limit, page.cursor)
        if explain:
            code, _ = asked_for(view, category.strip(), response.strip())
            listed = listed.explained(view, partial(explained_by_response, category=code))
        return read.answer(listed, view)


def _by_value(request: Request, read: Read, recorded: Write, page: Paging, found_by: Criteria) -> Response:
    if found_by.unmask:
        MAY_UNMASK.check(request)
    with read.asked(*BY_VALUE, explain=found_by.explain) as view:
        field = searchable_field(view, found_by.field or "")
        is_masked = field.key in masked_fields(view)
        if is_masked and not found_by.unmask:
            raise MaskedSearchError(
                f"{field.label} is masked: only {' or '.join(UNMASKERS)} searches it, by unmask=true."
            )
        listed = customers_by_value(view, field, found_by.value or "", page.limit, page.cursor, total=found_by.total)
        if found_by.explain:
            listed = listed.explained(view, partial(explained_by_field, field=field.key))
    if is_masked:
        for customer in listed.items:
            unmasking_commands.show_masked(
                read.services.dossier, recorded.ask(), number=customer.number, fields=[field.key]
            )
    return read.answer(listed, view)
