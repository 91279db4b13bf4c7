"""The endurance run: two companies on one PostgreSQL and one Kafka keep every promise while all of it is killed, frozen and filled up.

`python -m benchmarks enduring --seconds 600` starts, for each company, the API, the projections, the relay, the forwarder, a simulator
of Customer Engagement and a subscriber of its topic. Writers save all the time; meanwhile processes and servers are killed with SIGKILL
or stand still for 15 s and more, and the disk of PostgreSQL runs full. Then it counts: acknowledged, lost, doubled, out of order,
foreign. The exit status is 0 only if all but the first are zero. The disk is a tmpfs, so mounting must be allowed (root); else
`--without-full-disk`. To repeat a run's disturbances, give its seed.
"""
