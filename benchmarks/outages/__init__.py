"""The outages run: what is told about an outage, from when on, for how long, and how soon afterwards all is well again.

`python -m benchmarks outages --seconds 150` starts a company with all of its processes on PostgreSQL and Kafka, saves a little all the
time and forwards it, and takes one thing after another away: PostgreSQL, Kafka, Customer Engagement, the projections (killed, and
standing still), the room on the disk. Second by second it notes what `/health/ready`, `dossier status` and `/metrics` say.

An outage is told when one of the three says something that it does not say in quiet times, in words that name what is out. Printed are,
for each outage, when each of them told it and whether until the end; how long after the end all was well; and every change of what
they said. The exit status is 0 only if everything was told within 5 s and until the end, and all was well within 5 s after it. The
disk is a tmpfs, so mounting must be allowed (root); else `--without-full-disk`.
"""
