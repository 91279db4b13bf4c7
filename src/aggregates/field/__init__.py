"""Business fields: what administrators define about a customer, and how values are read (rules 3.1, 3.9)."""
