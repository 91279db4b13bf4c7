"""Tables of the read model `deliveries`: what is decided on each change, and the controls and mappings that decide."""

from typing import Final

from projections.tables.controls import controls_table, mappings_table

CONTROLS: Final = controls_table("delivery_controls")
MAPPINGS: Final = mappings_table("delivery_mappings")
COLUMNS: Final = (
    "delivery_id",
    "event_id",
    "position",
    "place",
    "number",
    "mapped",
    "attribute",
    "value",
    "personal",
    "effective_from",
    "effective_to",
    "not_sent_reason",
    "recorded_at",
)
TABLES: Final = ("deliveries", CONTROLS.table, MAPPINGS.table)
DDL: Final = f"""
    CREATE TABLE deliveries (
        delivery_id uuid PRIMARY KEY,
        event_id uuid NOT NULL,
        position bigint NOT NULL,
        place integer NOT NULL,
        number text COLLATE "C" NOT NULL,
        mapped text NOT NULL,
        attribute text,
        value text,
        personal boolean NOT NULL,
        effective_from date NOT NULL,
        effective_to date,
        not_sent_reason text,
        recorded_at timestamptz NOT NULL,
        UNIQUE (position, place),
        CHECK (not_sent_reason IS NOT NULL OR attribute IS NOT NULL),
        CHECK (NOT personal OR value IS NULL)
    );
    CREATE INDEX deliveries_number ON deliveries (number, position, place);
    {CONTROLS.ddl}
    {MAPPINGS.ddl}
"""
