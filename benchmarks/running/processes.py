"""Reads from Linux the children of a process, whether processes are alive, and their memory and processor time."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_RESET_PEAK: Final = "5"
"""What makes Linux count the peak of a process's memory anew: see proc(5), clear_refs."""


def children(parent: int) -> list[int]:
    """Processes whose parent this is."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError, ValueError):
            if int(_fields(stat)[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def parent_of(pid: int) -> int:
    """The parent of a process."""
    return int(_fields(Path(f"/proc/{pid}/stat"))[1])


def processes_of(parent: int) -> list[int]:
    """A process and its children."""
    return [parent, *children(parent)]


def alive(pid: int) -> bool:
    """False when there is no such process, or it only waits to be collected."""
    try:
        return _fields(Path(f"/proc/{pid}/stat"))[0] != "Z"
    except OSError:
        return False


def processor_seconds(pid: int) -> float:
    """Seconds of processor that a process has used; 0 when it has ended."""
    try:
        fields = _fields(Path(f"/proc/{pid}/stat"))
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def waited_seconds(pid: int) -> float:
    """Seconds that the first thread of a process was ready to run and had no processor; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


def give_way(nice: int) -> None:
    """Lets this process have the processor only when others leave it: also where Linux shares it out by session (autogroup)."""
    os.setsid()
    os.nice(nice)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(nice))


def machine_seconds() -> float:
    """Seconds of processor that everything on this machine has used."""
    user, nice, system = Path("/proc/stat").read_text().split()[1:4]
    return (int(user) + int(nice) + int(system)) / _TICKS


def memory_mib(pid: int) -> tuple[float, float]:
    """Memory that a process holds, and the most that it held since `reset_peak`, in MiB; zeros when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS:", "VmHWM:"))}
    return kib.get("VmRSS", 0) / 1_024, kib.get("VmHWM", 0) / 1_024


def proportional_mib(pid: int) -> float:
    """Memory of a process in MiB, in which a page that several share counts by its share; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1_024


def reset_peak(pid: int) -> None:
    """Lets the peak of a process's memory be counted from now on."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)


def _fields(stat: Path) -> list[str]:
    """The fields of a process's state that follow its name; the first is its state."""
    return stat.read_text().rpartition(")")[2].split()
