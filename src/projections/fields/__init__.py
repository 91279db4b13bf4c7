"""The read model of business fields and their values."""
