"""Use cases of masked values: that they were shown, and that edits of them were refused, is recorded (rule 5.2)."""

from collections.abc import Sequence
from dataclasses import replace

from aggregates.customer.edits import FieldChangedMeanwhileError
from aggregates.customer.unmasking import Unmasking
from aggregates.errors import DomainError
from aggregates.use_case import Decides, FactStore, Outcome, Request, command


@command
def show_masked(store: FactStore, request: Request, *, number: str, fields: Sequence[str]) -> Outcome:
    """Records that masked values of a customer are shown to the caller (rule 5.2)."""
    unmasking = store.load(Unmasking, number) or Unmasking.new(store.company, number)
    unmasking.show(request.origin, number, fields)
    return store.keep(request, unmasking)


def record_refusal(store: Decides, request: Request, *, number: str, refusal: DomainError) -> None:
    """Records that an edit was refused in fields that the caller may not see, where it was (rule 5.2).

    To be called before the refusal is told.
    """
    faults = getattr(refusal, "faults", (refusal,))
    fields = [fault.key for fault in faults if isinstance(fault, FieldChangedMeanwhileError) and fault.hidden]
    if fields:
        refuse_masked_edit(
            store, replace(request, expected_versions=None, idempotency=None), number=number, fields=fields
        )


@command
def refuse_masked_edit(store: FactStore, request: Request, *, number: str, fields: Sequence[str]) -> Outcome:
    """Records that values for masked fields were refused to a caller who may not see them (rule 5.2)."""
    unmasking = store.load(Unmasking, number) or Unmasking.new(store.company, number)
    unmasking.refuse_edit(request.origin, number, fields)
    return store.keep(request, unmasking)
