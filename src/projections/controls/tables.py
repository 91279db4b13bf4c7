"""Tables of the read model `controls`: values of system controls, attribute mappings, and the versions of both."""

from typing import Final

from projections.tables.bitemporal import Rectangles
from projections.tables.controls import mappings_table
from projections.tables.versions import Versions

VALUES: Final = Rectangles(
    "control_values",
    (("code", "text"),),
    (
        ("value", "text"),
        ("event_id", "uuid"),
        ("set_by", "text"),
        ("set_at", "timestamptz"),
        ("reason", "text"),
    ),
)
"""Values of controls, and who set them by which event, when and why."""
MAPPINGS: Final = mappings_table("attribute_mappings")
VERSIONS: Final = Versions("control_versions")
"""By kind of aggregate: the controls are one aggregate, the mappings another."""
TABLES: Final = (VALUES.table, MAPPINGS.table, VERSIONS.table)
DDL: Final = VALUES.ddl + MAPPINGS.ddl + VERSIONS.ddl
