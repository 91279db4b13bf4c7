"""What keeps read models up to date and builds them anew: one runner a read model, batches, positions, faults."""
