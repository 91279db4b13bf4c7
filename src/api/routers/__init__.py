"""Routes, one module a resource. Each route parses, makes one call and shapes the answer; rules live in the aggregates."""
