"""The supervisor's handling of child processes, tested in a separate process, because it forks and the test process has threads."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from cli.local import supervisor
from cli.local.supervisor import Child, Part, end

said = []
logs = Path(sys.argv[1])

def child(run, file=None):
    made = Child(Part("part", run, file), logs, said.append)
    made.start()
    return made

def ended(one):
    while (status := one.status()) is None:
        time.sleep(0.01)
    return status
"""


def run(program: str, directory: Path) -> str:
    """Runs a program with the helpers above; gives what it printed."""
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", PROGRAM + dedent(program), str(directory)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_child_that_ends_is_started_again_after_pauses_that_double_to_a_bound(tmp_path: Path) -> None:
    printed = run(
        """
        supervisor.FIRST_PAUSE_S, supervisor.LONGEST_PAUSE_S = 0.01, 0.04
        one = Child(Part("part", lambda: os._exit(3)), logs, said.append)
        one._pause_s = 0.01
        one.start()
        while one.deaths < 5:
            one.tend()
        print([line.partition("restarting it in ")[2].split()[0] for line in said])
        print(said[0].startswith("part ended with status 3;"))
        """,
        tmp_path,
    )
    assert printed == "['0.01', '0.02', '0.04', '0.04', '0.04']\nTrue\n"


def test_a_child_that_does_not_end_is_killed(tmp_path: Path) -> None:
    printed = run(
        """
        supervisor.END_TIMEOUT_S = 0.2
        def stubborn():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print("ready", flush=True)
            time.sleep(60)
        one = child(stubborn)
        while "ready" not in one.last_lines():
            time.sleep(0.01)
        pid = one.pid
        end([one], lambda: False)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            print("gone")
        """,
        tmp_path,
    )
    assert printed == "gone\n"


def test_a_child_has_nothing_of_the_supervisors_open_but_what_it_was_given(tmp_path: Path) -> None:
    printed = run(
        """
        mine, given = [open(os.devnull) for _ in range(20)], open(os.devnull)
        other = child(lambda: time.sleep(60))
        one = child(lambda: print(sorted(int(file) for file in os.listdir("/proc/self/fd"))), given.fileno())
        assert ended(one) == 0
        files = eval(one.last_lines())
        print(given.fileno() in files, len(files))
        end([other], lambda: True)
        """,
        tmp_path,
    )
    assert printed == "True 5\n"  # stdin, stdout, stderr, the given one, and the listing itself


def test_a_fault_of_a_child_is_in_its_log_in_plain_words(tmp_path: Path) -> None:
    printed = run(
        """
        from cli.errors import CliError
        def fail():
            raise CliError("No such thing.")
        one = child(fail)
        print(ended(one), one.last_lines())
        """,
        tmp_path,
    )
    assert printed == "1 dossier: No such thing.\n"


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    (tmp_path / "part.log").write_text("before\n")
    run("ended(child(lambda: print('now')))", tmp_path)
    assert (tmp_path / "part.log").read_text() == "now\n"
    assert (tmp_path / "part.log.1").read_text() == "before\n"
