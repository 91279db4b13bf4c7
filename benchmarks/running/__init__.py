"""Shared by the long runs: a company's processes and servers, its setup, and the final count of its saves.

Used by `benchmarks.enduring`, `benchmarks.hostile` and `benchmarks.outages`. The code that starts a process or server also stops it.
"""
