"""Interactions: an agent's calls with customers, told by the telephony side (rules 3.4, 3.5)."""
