"""The machine and the versions of everything that takes part in a measurement."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psycopg

LIBRARIES: Final = ("eventsourcing", "fastapi", "uvicorn", "pydantic", "psycopg", "orjson", "kafka-python")


def machine(url: str) -> dict[str, str]:
    """Returns the processor, its cores, the memory and the versions, each by its name; `url` is the PostgreSQL of the run."""
    with psycopg.connect(url) as connection:
        server = connection.info.parameter_status("server_version") or ""
        commit = connection.execute("SHOW synchronous_commit").fetchone()
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30):.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": f"{server}, synchronous_commit {commit[0] if commit else 'unknown'}",
        "wrk": _wrk(),
        **{name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _wrk() -> str:
    if shutil.which("wrk") is None:
        return "not installed"
    printed = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False)
    words = (printed.stdout + printed.stderr).split()
    return words[1].removeprefix("debian/") if len(words) > 1 else "unknown"
