"""The read model of system control values and attribute mappings."""
