"""The read models there are, in the order in which they are listed everywhere."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from projections.projection import Projection
from store.application import Dossier

_WHERE: Final = (
    ("drawer", "DrawerProjection"),
    ("customers", "CustomersProjection"),
    ("controls", "ControlsProjection"),
    ("history", "HistoryProjection"),
    ("deliveries", "DeliveriesProjection"),
)


def classes() -> list[type[Projection]]:
    """The read models' classes."""
    found = [(f"projections.{module}", name) for module, name in _WHERE]
    return [getattr(import_module(module), name) for module, name in found if find_spec(module) is not None]


def projections(dossier: Dossier) -> list[Projection]:
    """The read models of one company."""
    return [projection(dossier.fact_mapper.keys, dossier.company) for projection in classes()]
