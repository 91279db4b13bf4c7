"""The hostile run: attackers do what they can to one API, beside clients that save and a probe that asks whether it lives.

`python -m benchmarks hostile --seconds 1800` starts a company (PostgreSQL, the API with its default settings, the projections, the
worker) and goes through phases: a quiet one, from which the memory is measured, one for each attack, and one with all of them. All
the while one client makes 50 saves a second and asks for `/health/live` ten times a second. Every attack is bounded in connections
and in how many it begins a second; the attackers are one process that gives way to the others (nice 10), because what is measured is
the server. In the end each acknowledged save is looked for in the log. The exit status is 0 only if each is stored once, no answer was
a 500 and no process of the company ended; whether the aims were met is printed.
"""
