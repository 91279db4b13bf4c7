"""Customer profiles: registration, name, alternate numbers, responses."""
