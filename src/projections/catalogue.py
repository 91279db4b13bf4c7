"""The list of read models, in the order in which they are shown everywhere. The composition root passes them on."""

from typing import Final

from projections.accounts.fold import AccountsProjection
from projections.controls.fold import ControlsProjection
from projections.customers.fold import CustomersProjection
from projections.deliveries.fold import DeliveriesProjection
from projections.drawer.fold import DrawerProjection
from projections.engine.projection import Projection
from projections.fields.fold import FieldsProjection
from projections.history.fold import HistoryProjection
from projections.interactions.fold import InteractionsProjection
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
