"""`SystemOptions`: what the company itself says of options and amounts, where neither site nor account does (rule 2.13)."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from aggregates.aggregate import Aggregate, applies
from aggregates.effective import Days, Timeline, Version
from aggregates.fact import Origin, event_id
from aggregates.profile_class.terms import NOTHING, Patch, Terms, check_bounds, differing
from aggregates.setup.events import SystemOptionsChanged
from aggregates.texts import Faults


@dataclass(frozen=True, slots=True)
class SystemValues:
    """The company's system options in force on a day, and the event behind each path."""

    terms: Terms
    set_by: dict[str, UUID]


_NONE = SystemValues(NOTHING, {})


class SystemOptions(Aggregate):
    """The system options of one company, effective-dated. There is one aggregate a company; its key is the company itself."""

    KIND: ClassVar[str] = "system_options"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.values: Timeline[SystemValues] = Timeline()

    def change(self, origin: Origin, patch: Patch, days: Days, *, keep_later: bool = False) -> None:
        """Writes what is given, and nothing else, on each of `days` (as rule 2.21 has it for profiles).

        One fact for each stretch of different content that it changes; none where it changes nothing.
        """
        stretches = self._stretches(self.values.until_next(days) if keep_later else days)
        faults = Faults()
        for stretch in stretches:
            check_bounds(faults, stretch.content.terms.changed(patch).values(), stretch.content.terms.values())
        faults.raise_any()
        for stretch in stretches:
            self._change(origin, patch, stretch)

    def _stretches(self, days: Days) -> list[Version[SystemValues]]:
        """The values on `days` in stretches of one content each, those without any included, in order."""
        versions = self.values.cut(days).versions
        gaps = [Version(gap, _NONE) for gap in days.without(version.days for version in versions)]
        return sorted((*versions, *gaps), key=lambda version: version.days.first)

    def _change(self, origin: Origin, patch: Patch, stretch: Version[SystemValues]) -> None:
        before = stretch.content
        terms = before.terms.changed(patch)
        changed = differing(before.terms, terms)
        if not changed:
            return
        change_id = event_id(origin.causation_id, self.id, self.version + 1)
        unchanged = {path: by for path, by in before.set_by.items() if path not in changed}
        set_by = unchanged | {path: change_id for path, value in changed.items() if value is not None}
        self.record(
            SystemOptionsChanged,
            origin,
            terms=terms,
            set_by=dict(sorted(set_by.items())),
            changed=sorted(changed),
            effective_from=stretch.days.first,
            effective_to=stretch.days.last,
        )

    @applies(SystemOptionsChanged)
    def _changed(self, event: SystemOptionsChanged) -> None:
        self.values = self.values.supersede(event.days, SystemValues(event.terms, event.set_by))
