"""Tables of the read model `drawer`: definitions of categories, answers, sealed names, alternate numbers, K87, versions, merges."""

from typing import Final

from projections.tables.bitemporal import Rectangles
from projections.tables.controls import controls_table
from projections.tables.merges import Merges
from projections.tables.versions import Versions

CATEGORIES: Final = Rectangles(
    "drawer_categories",
    (("code", "integer"),),
    (("description", "text"), ("required", "boolean"), ("position", "integer"), ("active", "boolean")),
)
RESPONSES: Final = Rectangles(
    "drawer_responses",
    (("category", "integer"), ("code", "text")),
    (("description", "text"), ("position", "integer"), ("active", "boolean")),
)
DEFAULTS: Final = Rectangles("drawer_defaults", (("category", "integer"),), (("response", "text"),))
"""The default response of each category that has one."""
ANSWERS: Final = Rectangles(
    "drawer_answers",
    (("number", "text"), ("category", "integer")),
    (("response", "text"), ("changed_by", "text"), ("changed_at", "timestamptz")),
)
NAMES: Final = Rectangles("drawer_names", (("number", "text"),), (("name", "bytea"),))
ALTERNATE_NUMBERS: Final = Rectangles(
    "drawer_alternate_numbers", (("number", "text"), ("alternate_number", "text")), (("is_primary", "boolean"),)
)
CONTROL_VALUES: Final = controls_table("drawer_controls")
VERSIONS: Final = Versions("drawer_versions")
MERGES: Final = Merges("drawer_merges")
CATEGORY_VERSIONS: Final = Versions("drawer_category_versions")
DEFINED: Final = (CATEGORIES, RESPONSES, DEFAULTS, CATEGORY_VERSIONS)
"""Tables of the set-up."""
RECTANGLES: Final = (CATEGORIES, RESPONSES, DEFAULTS, ANSWERS, NAMES, ALTERNATE_NUMBERS, CONTROL_VALUES)

TABLES: Final = (
    *(rectangles.table for rectangles in RECTANGLES),
    CATEGORY_VERSIONS.table,
    VERSIONS.table,
    MERGES.table,
)
DDL: Final = "".join(
    (
        *(rectangles.ddl for rectangles in RECTANGLES),
        CATEGORY_VERSIONS.ddl,
        VERSIONS.ddl,
        MERGES.ddl,
        "CREATE INDEX drawer_answers_response ON drawer_answers (category, response, number);",
    )
)
