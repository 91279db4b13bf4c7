"""The hostile run: attackers against one API, beside a client that saves and a probe of `/health/live`.

`python -m benchmarks hostile --seconds 1800` starts a company (PostgreSQL, the API with its default settings, the projections, the
worker) and runs several phases: a quiet one, which gives the baseline for memory, one for each attack, and one with all attacks. All the
while, one client makes 50 saves and requests `/health/live` ten times a second. Every attack has a limited number of connections and a
limited rate. All attackers run in one process of lower priority (nice 10), because the server is what is measured. At the end, the run
looks for each acknowledged save in the log. It exits with 0 only if each is stored once, no answer was a 500 and no process of the
company ended; it prints whether the goals were met.
"""
