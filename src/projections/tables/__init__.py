"""The kinds of tables that read models are made of: bitemporal rectangles, versions, merges, names, controls."""
