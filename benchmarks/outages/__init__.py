"""The outages run: how soon an outage is reported, whether until its end, and how soon everything recovers.

`python -m benchmarks outages --seconds 150` starts a company with all of its processes on PostgreSQL and Kafka, with light traffic that
is forwarded, and takes down one part after another: PostgreSQL, Kafka, Customer Engagement, the projections (killed, then paused), the
free space on the disk. Every second it records what `/health/ready`, `dossier status` and `/metrics` report.

An outage counts as reported when one of the three reports something that it does not report otherwise, and names the part that is down.
For each outage, the run prints when each of them reported it and whether until the end, how long the recovery took, and every change in
the reports. It exits with 0 only if everything was reported within 5 s and until the end, and had recovered within 5 s after it. The disk
is a tmpfs, so the run must be allowed to mount (root); otherwise use `--without-full-disk`.
"""
