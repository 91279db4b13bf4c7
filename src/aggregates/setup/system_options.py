"""`SystemOptions`: what the company itself says of options and amounts, where neither site nor account does (rule 2.13)."""

from typing import ClassVar
from uuid import UUID

from aggregates.account.resolving import SystemValues
from aggregates.aggregate import Aggregate, applies
from aggregates.effective import Days, Timeline
from aggregates.fact import Origin, event_id
from aggregates.profile_class.terms import NOTHING, Patch, differing
from aggregates.setup.events import SystemOptionsChanged

_NONE = SystemValues(NOTHING, {})


class SystemOptions(Aggregate):
    """The system options of one company, effective-dated. There is one aggregate a company; its key is the company itself."""

    KIND: ClassVar[str] = "system_options"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.values: Timeline[SystemValues] = Timeline()

    def change(
        self, origin: Origin, patch: Patch, days: Days, *, dated: bool = False, keep_later: bool = False
    ) -> None:
        """What holds on the first day, changed, wins on all of `days`; records nothing where that is so already."""
        before = self.values.at(days.first) or _NONE
        terms = before.terms.changed(patch)
        changed = differing(before.terms, terms)
        this = event_id(origin.causation_id, self.id, self.version + 1)
        kept = {path: by for path, by in before.set_by.items() if path not in changed}
        set_by = kept | {path: this for path, value in changed.items() if value is not None}
        days = self.values.until_next(days) if keep_later else days
        if (not changed and not dated) or self.values.says(days, SystemValues(terms, set_by)):
            return
        self.record(
            SystemOptionsChanged,
            origin,
            terms=terms,
            set_by=dict(sorted(set_by.items())),
            changed=sorted(changed),
            effective_from=days.first,
            effective_to=days.last,
        )

    @applies(SystemOptionsChanged)
    def _changed(self, event: SystemOptionsChanged) -> None:
        days = Days(event.effective_from, event.effective_to)
        self.values = self.values.supersede(days, SystemValues(event.terms, event.set_by))
