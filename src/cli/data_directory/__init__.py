"""What the data directory holds: secrets, the embedded PostgreSQL, and files for their owner only."""
