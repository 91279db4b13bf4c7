"""The long-running processes of an installation, and what all of them do the same."""
