"""The read models there are, in the order in which they are listed everywhere."""

from typing import Final

from projections.accounts import AccountsProjection
from projections.controls import ControlsProjection
from projections.customers import CustomersProjection
from projections.deliveries import DeliveriesProjection
from projections.drawer import DrawerProjection
from projections.fields import FieldsProjection
from projections.history import HistoryProjection
from projections.interactions import InteractionsProjection
from projections.projection import Projection
from store.application import Dossier

_CLASSES: Final[tuple[type[Projection], ...]] = (
    DrawerProjection,
    CustomersProjection,
    ControlsProjection,
    AccountsProjection,
    FieldsProjection,
    InteractionsProjection,
    HistoryProjection,
    DeliveriesProjection,
)


def classes() -> list[type[Projection]]:
    """The read models' classes."""
    return list(_CLASSES)


def projections(dossier: Dossier) -> list[Projection]:
    """The read models of one company."""
    return [projection(dossier.fact_mapper.keys, dossier.company) for projection in _CLASSES]
