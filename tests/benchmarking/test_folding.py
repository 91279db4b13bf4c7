"""The rebuild of all read models is measured on the cores of the machine and on one of them, which is left as it was."""

import os

from benchmarks.folding import rebuilt
from benchmarks.mixed import store_mixed
from benchmarks.over_http.cores import postmaster_of
from benchmarks.servers import dossier, postgres


def test_a_rebuild_is_measured_and_leaves_the_cores_as_they_were() -> None:
    before = os.sched_getaffinity(0)
    with postgres() as url, dossier(url) as application:
        store_mixed(application, 120)
        row = rebuilt(url, application)
        assert os.sched_getaffinity(postmaster_of(url)) == before
    assert os.sched_getaffinity(0) == before
    assert row.ours > 0
    assert (row.peer or 0) > 0
    assert row.goal == "ratio >= 1.4"
