"""`Unmasking`: who was shown the masked values of a customer, and when (rule 5.2).

A stream of its own: looking at a value must not make the version old that others are about to save on.
"""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from aggregates.aggregate import Aggregate, applies
from aggregates.customer.events import MaskedFieldsShown
from aggregates.fact import Origin


class Unmasking(Aggregate):
    """What was unmasked of one customer."""

    KIND: ClassVar[str] = "unmasking"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.shown = 0

    def show(self, origin: Origin, number: str, fields: Sequence[str]) -> None:
        """Records that these fields are shown in clear."""
        if fields:
            self.record(MaskedFieldsShown, origin, number=number, fields=sorted(fields))

    @applies(MaskedFieldsShown)
    def _shown(self, event: MaskedFieldsShown) -> None:
        del event
        self.shown += 1
