"""A history of millions of events for the audit's benchmark: which events they are, and how they come into the database in minutes."""
