"""The read model of accounts, sites, their profiles, profile classes and system options."""
