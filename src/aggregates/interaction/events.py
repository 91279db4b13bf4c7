"""Facts of interactions (rule 3.5)."""

from typing import ClassVar

from aggregates.fact import Fact


class InteractionStarted(Fact):
    """An agent began a call with a customer."""

    TOPIC: ClassVar[str] = "interaction.started"
    interaction: str
    customer: str
    agent: str


class InteractionEnded(Fact):
    """The call ended; the agent is in its wrap-up."""

    TOPIC: ClassVar[str] = "interaction.ended"
    interaction: str


class InteractionClosed(Fact):
    """The wrap-up is over."""

    TOPIC: ClassVar[str] = "interaction.closed"
    interaction: str
