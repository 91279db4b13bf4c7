"""What administrators set up: profile categories and responses, system control values, attribute mappings."""
