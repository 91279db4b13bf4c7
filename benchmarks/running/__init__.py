"""What the long runs share: a company's processes, its servers, how it is set up, and how what was saved is counted in the end.

Used by `benchmarks.enduring`, `benchmarks.hostile` and `benchmarks.outages`. Whoever starts something here ends it.
"""
