"""Contact files on their way into customer profiles."""
