"""Tables of the read model `customers`: names, sealed and found by tokens; alternate numbers; versions; merges."""

from typing import Final

from projections.tables.bitemporal import Rectangles
from projections.tables.merges import Merges
from projections.tables.versions import Versions

PRIMARY: Final = "primary"
FURTHER: Final = "further"
"""In the list, and never the primary one since it was added."""
FORMER: Final = "former"
"""In the list, but another one took its place as the primary one."""
NAMES: Final = Rectangles("customer_names", (("number", "text"),), (("name", "bytea"), ("tokens", "text")))
NUMBERS: Final = Rectangles(
    "customer_numbers", (("number", "text"), ("alternate_number", "text")), (("standing", "text"),)
)
VERSIONS: Final = Versions("customer_versions")
MERGES: Final = Merges("customer_merges")

PENDING_KIB: Final = 256
"""What may be pending in the index of tokens. Each search reads all of it: of the 4 MiB that PostgreSQL allows, this takes longer than to
read 30,000 names one by one, which the planner then does."""
TABLES: Final = ("customers", NAMES.table, NUMBERS.table, VERSIONS.table, MERGES.table)
DDL: Final = f"""
    CREATE TABLE customers (number text COLLATE "C" PRIMARY KEY, registered_at timestamptz NOT NULL);
    {NAMES.ddl}
    CREATE INDEX customer_names_tokens ON customer_names USING gin (string_to_array(tokens, ' '))
        WITH (gin_pending_list_limit = {PENDING_KIB});
    {NUMBERS.ddl}
    CREATE INDEX customer_numbers_holders ON customer_numbers (alternate_number, lower(known));
    {VERSIONS.ddl}
    {MERGES.ddl}
"""
