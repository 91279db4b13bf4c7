"""Agents' calls with customers, explained (rule 3.5). Called by the API with a view of `EXPLAINING`."""

from collections.abc import Iterator, Sequence
from typing import Final

from aggregates.interaction.interaction import Interaction
from projections.answers.explanation import Value, each_explained
from projections.history.makers import Version, versions
from projections.interactions.queries import InteractionRead
from projections.reading.view import View

_BEGUN: Final = ("customer", "agent")
_STATE: Final = "state"


def explained_interactions(view: View, interactions: Sequence[InteractionRead]) -> list[InteractionRead]:
    """Returns interactions with the event that began each, which set its customer and agent, and the one that led to its state."""
    made = versions(view, {version for interaction in interactions for version in _versions(interaction)})
    values: dict[str, dict[str, Value]] = {}
    for interaction in interactions:
        first, last = (made[version] for version in _versions(interaction))
        values[interaction.interaction] = {
            **dict.fromkeys(_BEGUN, Value(first.position)),
            _STATE: Value(last.position),
        }
    explanations = each_explained(view, values)
    return [
        interaction.model_copy(update={"explanations": explanations[interaction.interaction]})
        for interaction in interactions
    ]


def _versions(interaction: InteractionRead) -> Iterator[Version]:
    """Yields the first version of an interaction, and the one that is read."""
    for version in (1, interaction.version):
        yield Interaction.KIND, interaction.interaction, version
