"""Helpers for tests of business fields: the standard fields, rows of uploads and edits, made through the use cases."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4

from aggregates.customer.profile import CustomerProfile
from aggregates.customer.raw_values import read_row
from aggregates.effective import Days
from aggregates.fact import Origin, Role, Source
from aggregates.field.commands import define_standard_field
from aggregates.field.standard import STANDARD
from aggregates.use_case import Request
from conftest import TODAY
from field_facts import register_by_row
from store.application import Dossier


def request(actor: str = "ann", role: Role = Role.ADMINISTRATOR, source: Source = Source.API) -> Request:
    """A request of the day of the tests."""
    cause = uuid4()
    return Request(Origin(actor=actor, role=role, source=source, correlation_id=cause, causation_id=cause), TODAY)


def standard_fields(dossier: Dossier) -> None:
    """The fields that exist from the start."""
    for given in STANDARD:
        rest = {name: value for name, value in given.items() if name != "key"}
        define_standard_field(dossier, request(), key=given["key"], members=rest)


def upload_row(
    dossier: Dossier,
    number: str,
    cells: Mapping[str, str],
    *,
    name: str = "Ada Byron",
    upload: str = "U-1",
    row: int = 1,
    on: date = TODAY,
) -> None:
    """What a row of a contact upload does to the customer of this number, who is new or not (rule 3.2)."""
    dossier.renew_setup()
    fields = dossier.setup().fields
    customer = dossier.load(CustomerProfile, number)
    values, faults = read_row(cells, fields, new=customer is None)
    assert not faults
    origin = request("clerk", Role.INTEGRATOR, Source.UPLOAD).origin
    of_row: dict[str, Any] = {"definitions": fields, "days": Days(on), "upload": upload, "row": row}
    if customer is None:
        customer = CustomerProfile.new(dossier.company, number)
        register_by_row(customer, origin, number=number, name=name, values=values, **of_row)
    else:
        customer.upload_fields(origin, values, fields, Days(on), upload=upload, row=row)
    dossier.put(customer.collect_events())
