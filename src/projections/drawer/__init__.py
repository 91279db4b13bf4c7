"""The read model of the profile drawer."""
