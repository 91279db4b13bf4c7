"""The read model of customers: names, alternate numbers, merges."""
