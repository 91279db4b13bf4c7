"""Benchmarks of Dossier against the alternatives, measured in the same run on the same machine."""
