"""Tables of the read model `controls`: values of system controls, attribute mappings, and the versions of both."""

from typing import Final

from projections.tables.controls import controls_table, mappings_table
from projections.tables.versions import Versions

VALUES: Final = controls_table("control_values")
MAPPINGS: Final = mappings_table("attribute_mappings")
VERSIONS: Final = Versions("control_versions")
"""By kind of aggregate: the controls are one aggregate, the mappings another."""
TABLES: Final = (VALUES.table, MAPPINGS.table, VERSIONS.table)
DDL: Final = VALUES.ddl + MAPPINGS.ddl + VERSIONS.ddl
