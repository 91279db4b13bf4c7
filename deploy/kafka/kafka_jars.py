"""Finds the jars of Apache Kafka that `pom.xml` names, fetching them on first use into the user's cache.

Called by `kafka.py` and `kafka_server.py` beside it. The cache is `dossier/kafka-<version>` under
`$XDG_CACHE_HOME` or `~/.cache`. The directory appears there whole or not at all, and processes that want it
at the same moment fetch it once between them.

Maven and Java are used as installed; on Debian, as root, a missing one is installed first.
To recover from a damaged cache, delete the directory: the next start fetches it again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

POM = Path(__file__).resolve().parent / "pom.xml"
COMMAND_SECONDS = 900


class KafkaError(RuntimeError):
    """Something a person must put right; the text says what."""


def version() -> str:
    found = re.search(r"<kafka\.version>(.+?)<", POM.read_text())
    if not found:
        raise KafkaError("pom.xml does not say kafka.version")
    return found[1]


def jars(once_fetched: Callable[[Path], None]) -> Path:
    """The directory of the jars. Whoever fetched them calls `once_fetched` with it, before they are used."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dossier"
    found = cache / f"kafka-{version()}"
    if not found.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with locked(cache / "kafka.lock"):
            if not found.is_dir():
                _fetch(found)
                once_fetched(found)
    return found


def _fetch(into: Path) -> None:
    maven = tool("mvn", "maven")
    say(f"fetching Kafka {version()} from Maven Central into {into} (only this once)")
    with tempfile.TemporaryDirectory(dir=into.parent) as temporary:
        options = ["-DincludeScope=runtime", f"-DoutputDirectory={temporary}/jars"]
        goal = ["-q", "-B", "-C", "-f", str(POM), "dependency:copy-dependencies"]
        call("Maven", [maven, *goal, *options])
        (Path(temporary) / "jars").rename(into)


def tool(name: str, package: str) -> str:
    if not shutil.which(name) and shutil.which("apt-get") and os.geteuid() == 0:
        say(f"installing the Debian package {package}")
        apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
        call("apt-get", [*apt, "update"])
        call("apt-get", [*apt, "install", "--no-install-recommends", package])
    if not (found := shutil.which(name)):
        raise KafkaError(f"{name} is not installed; on Debian it is in the package {package}")
    return found


def call(what: str, command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise KafkaError(f"{what} did not finish in {COMMAND_SECONDS} s") from None
    if done.returncode:
        raise KafkaError(f"{what} failed:\n{last_lines(done.stdout + done.stderr)}")


def last_lines(text: str) -> str:
    return "\n".join(text.splitlines()[-20:])


def say(line: str) -> None:
    print(f"kafka: {line}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
