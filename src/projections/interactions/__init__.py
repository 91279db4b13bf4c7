"""The read model of agents' calls with customers."""
