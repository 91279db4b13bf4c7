"""Tables of the read model `interactions`."""

from typing import Final

TABLES: Final = ("interactions",)
DDL: Final = """
    CREATE TABLE interactions (
        interaction text COLLATE "C" PRIMARY KEY,
        position bigint NOT NULL UNIQUE,
        customer text COLLATE "C" NOT NULL,
        agent text COLLATE "C" NOT NULL,
        started_at timestamptz NOT NULL,
        ended_at timestamptz,
        closed_at timestamptz
    );
    CREATE INDEX interactions_agent ON interactions (agent, closed_at);
    CREATE INDEX interactions_customer ON interactions (customer, closed_at);
    CREATE INDEX interactions_closed ON interactions (closed_at);
"""
