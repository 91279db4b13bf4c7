"""Every event class and aggregate of the house. Importing it registers all stored topics."""

from typing import Final

import aggregates.customer.profile
import aggregates.setup.catalogue  # noqa: F401
from aggregates.customer import events as customer_events
from aggregates.fact import Fact
from aggregates.setup import events as setup_events

FACTS: Final[dict[str, type[Fact]]] = {
    fact.TOPIC: fact
    for module in (setup_events, customer_events)
    for fact in vars(module).values()
    if isinstance(fact, type) and issubclass(fact, Fact) and "TOPIC" in fact.__dict__
}
"""Event classes by stored topic, in order of definition."""
