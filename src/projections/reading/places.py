"""How far the read models behind an answer are, and why there may be none: tables are missing, of another version, or behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from projections.engine.positions import NotInstalledError
from projections.engine.projection import Definition
from projections.reading.view import BehindError
from store.database import Row

NOTHING_KNOWN: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""`known_at` of a view on read models that nothing was folded into."""
PLACE: Final = "name, position, recorded_at, state = 'stopped', error, generation, shape, topics"
"""Columns of `projections`, of which `reached` takes a row for each read model."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far several read models are: name, position, the instant until which it is complete, whether it stopped, why, and which
    of its tables are read."""

    names: Sequence[str]
    places: Sequence[tuple[str, int, datetime | None, bool, str | None, int]]

    @property
    def position(self) -> int:
        """The smallest position."""
        return min(place[1] for place in self.places)

    @property
    def until(self) -> datetime:
        """The instant until which everything is in all of them."""
        return min(place[2] or NOTHING_KNOWN for place in self.places)

    @property
    def generations(self) -> dict[str, int]:
        """The number of the tables of each, which a rebuild raises."""
        return {place[0]: place[5] for place in self.places}

    def stopped_before(self, needed: int) -> dict[str, str]:
        """Returns the read models that stopped before a position, each with the reason."""
        return {
            name: error or "" for name, position, _, stopped, error, _ in self.places if stopped and position < needed
        }

    def behind(self, needed: int) -> BehindError:
        """Returns why there is no answer for a position that they are not at."""
        if stopped := self.stopped_before(needed):
            reasons = " ".join(f"It says of {name}: {error}" for name, error in stopped.items())
            return BehindError(f"Read model {', '.join(stopped)} stopped before position {needed}. {reasons}")
        text = f"Read model {', '.join(self.names)} is at position {self.position}, behind {needed}."
        return BehindError(text, self.names, needed)


def reached(names: Sequence[str], rows: Sequence[Row], definitions: Mapping[str, Definition]) -> Reached:
    """Returns how far these read models are, of their rows in `projections`. Raises `NotInstalledError`."""
    if len(rows) < len(set(names)):
        raise not_installed(names)
    made_by = {name: Definition(shape, tuple(topics)) for name, *_, shape, topics in rows}
    if outdated := [name for name, definition in made_by.items() if definition != definitions[name]]:
        raise NotInstalledError(
            f"{', '.join(outdated)}: the tables were made by another version; run dossier rebuild {' '.join(outdated)}."
        )
    return Reached(names, [row[:-2] for row in rows])


def not_installed(names: Sequence[str]) -> NotInstalledError:
    """Returns the refusal to read tables that are not there."""
    return NotInstalledError(
        f"{', '.join(names)}: tables are missing; run dossier migrate, then dossier rebuild {' '.join(names)}."
    )
