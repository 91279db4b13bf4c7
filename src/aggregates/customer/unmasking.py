"""`Unmasking`: who was shown the masked values of a customer, or offered values for them in vain, and when (rule 5.2).

A stream of its own: looking at a value must not make the version old that others are about to save on. Who may not see a masked
value is never told whether another one equals it: see `is_hidden`.
"""

from collections.abc import Sequence
from typing import ClassVar, Final
from uuid import UUID

from aggregates.aggregate import Aggregate, applies
from aggregates.customer.events import MaskedFieldEditRefused, MaskedFieldsShown
from aggregates.fact import Origin, Role
from aggregates.field.field import FieldDefinition

UNMASKERS: Final = (Role.ADMINISTRATOR, Role.AUDITOR)
"""Who may see masked values."""


def is_hidden(definition: FieldDefinition, role: Role) -> bool:
    """Returns whether this role may not see the field's values. If so, no answer may depend on what a value equals."""
    return definition.masked and role not in UNMASKERS


class Unmasking(Aggregate):
    """What was unmasked of one customer, and how often edits of masked fields were refused."""

    KIND: ClassVar[str] = "unmasking"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.times_shown = 0
        self.times_refused = 0

    def show(self, origin: Origin, number: str, fields: Sequence[str]) -> None:
        """Records that these fields are shown in clear."""
        if fields:
            self.record(MaskedFieldsShown, origin, number=number, fields=sorted(fields))

    def refuse_edit(self, origin: Origin, number: str, fields: Sequence[str]) -> None:
        """Records that an edit of these fields was refused to somebody who may not see them."""
        if fields:
            self.record(MaskedFieldEditRefused, origin, number=number, fields=sorted(fields))

    @applies(MaskedFieldsShown)
    def _shown(self, event: MaskedFieldsShown) -> None:
        del event
        self.times_shown += 1

    @applies(MaskedFieldEditRefused)
    def _edit_refused(self, event: MaskedFieldEditRefused) -> None:
        del event
        self.times_refused += 1
