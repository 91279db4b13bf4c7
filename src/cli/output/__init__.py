"""How commands print: tables, lines, JSON, and errors in plain words."""
