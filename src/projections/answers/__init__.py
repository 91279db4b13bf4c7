"""Answers that need more than one read model."""
