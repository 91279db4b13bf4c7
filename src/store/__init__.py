"""How facts are kept: one append-only log in PostgreSQL, personal values encrypted, position order = commit order."""
