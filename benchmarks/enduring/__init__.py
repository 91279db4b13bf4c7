"""The endurance run: two companies on one PostgreSQL and one Kafka, through kills, pauses and a full disk.

`python -m benchmarks enduring --seconds 600` starts, for each company, the API, the projections, the relay, the forwarder, a simulator
of Customer Engagement and a subscriber of its topic. Writers save continuously, while processes and servers are killed with SIGKILL or
paused for 15 s and more, and PostgreSQL's disk runs full. Then the run counts the saves that were acknowledged, lost, duplicated, out of
order or foreign. It exits with 0 only if all counts but the first are zero. The disk is a tmpfs, so the run must be allowed to mount
(root); otherwise use `--without-full-disk`. `--seed` repeats the disturbances of an earlier run.
"""
