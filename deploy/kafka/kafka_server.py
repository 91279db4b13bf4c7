"""One Kafka node and the directory it lives in: its ports, its settings, its process, its readiness.

Called by `kafka.py` beside it, which says what is promised and how to recover. The directory holds `ports`,
`server.properties` (written anew at each start), `data`, `kafka.pid`, `lock`, `kafka.log` and, from the run
before, `kafka.log.old`. A process counts as the directory's Kafka only when its command line says so, so a
stale `kafka.pid` does no harm.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import struct
import tempfile
import time
from pathlib import Path

from kafka_jars import KafkaError, call, jars, last_lines, locked, tool

HERE = Path(__file__).resolve().parent
MAIN, FORMATTER = "kafka.Kafka", "kafka.tools.StorageTool"
START_SECONDS, STOP_SECONDS = 60, 30
PORTS = range(20000, 32000)  # below the range from which Linux takes the ports of outgoing connections
JVM = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={HERE}/log4j2.properties"]


def start(directory: Path, port: int | None = None, *, listener: str = "", properties: str = "") -> str:
    """Start Kafka in the directory, or find it running, and return its bootstrap address.

    `listener` is one more, NAME://HOST:PORT; `properties` are lines for the end of `server.properties`, where they win.
    """
    library, directory = jars(once_fetched=_archive_classes), _checked(directory.resolve())
    with locked(directory / "lock"):
        if running(directory) and port not in (None, _ports(directory)[0]):
            raise KafkaError(f"Kafka already runs in {directory}, at {address(directory)}")
        return _start(directory, port, library, listener=listener, properties=properties)


def stop(directory: Path, *, kill: bool = False) -> None:
    """Stop the Kafka of the directory, if it is running, and return when it is down."""
    directory = directory.resolve()
    if directory.is_dir():
        with locked(directory / "lock"):
            _stop(directory, signal.SIGKILL if kill else signal.SIGTERM)


def _start(
    directory: Path, port: int | None, library: Path, *flags: str, listener: str = "", properties: str = ""
) -> str:
    if not _answers_in_time(directory):
        _prepare(directory, port, library, listener, properties)
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(_stop, directory, signal.SIGKILL)
            _launch(directory, library, *flags)
            if not _answers_in_time(directory):
                raise KafkaError(f"Kafka did not start; {log_end(directory)}")
            on_failure.pop_all()
    return address(directory)


def _stop(directory: Path, number: signal.Signals) -> None:
    if pid := running(directory):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    deadline = time.monotonic() + STOP_SECONDS
    while running(directory):
        if time.monotonic() > deadline:
            raise KafkaError(f"Kafka (process {pid}) is not down after {STOP_SECONDS} s; use stop --kill")
        time.sleep(0.05)
    (directory / "kafka.pid").unlink(missing_ok=True)


def _checked(directory: Path) -> Path:
    if not str(directory).isascii() or {",", "\\"} & {*str(directory)}:
        raise KafkaError(f"Kafka needs a path in ASCII with no comma or backslash, not {directory}")
    if not directory.exists() or (directory / "ports").exists():
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)  # messages and logs are for their owner only
    return directory


def running(directory: Path) -> int:
    """The process that runs Kafka in the directory, or 0, even if its number is now another program's."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((directory / "kafka.pid").read_text())
        if {MAIN.encode(), os.fsencode(directory / "server.properties")} <= _arguments(pid):
            return pid
    return 0


def _arguments(pid: int) -> set[bytes]:
    process = Path(f"/proc/{pid}")
    for _ in range(100):  # a process that is just beginning, or ending but still with its ports, has none yet
        if line := (process / "cmdline").read_bytes():
            return {*line.split(b"\0")}
        if ") Z" in (process / "stat").read_text() and len([*(process / "task").iterdir()]) == 1:
            break
        time.sleep(0.01)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # it has ended, and if it is our own child waits to be collected
    return set()


def _prepare(directory: Path, port: int | None, library: Path, listener: str, properties: str) -> None:
    _choose_ports(directory, port)
    broker, controller = _ports(directory)
    config, common = directory / "server.properties", (HERE / "server.properties").read_text()
    own = [f"BROKER://127.0.0.1:{broker}", f"CONTROLLER://127.0.0.1:{controller}"]
    listeners = f"listeners={','.join([*own, *filter(None, [listener])])}"
    voters = f"controller.quorum.voters=1@127.0.0.1:{controller}"
    config.write_text(f"{common}\nlog.dirs={directory}/data\n{listeners}\n{voters}\n{properties}\n")
    if not (directory / "data" / "meta.properties").exists():
        cluster = f"D{secrets.token_urlsafe(16)[1:]}"  # an identity may not begin with a dash
        java = _java(library, "-XX:TieredStopAtLevel=1")
        call(FORMATTER, [*java, FORMATTER, "format", "-t", cluster, "-c", str(config)])


def _launch(directory: Path, library: Path, *flags: str) -> None:
    log = directory / "kafka.log"
    if log.exists():
        log.replace(directory / "kafka.log.old")
    java = _java(library, f"-XX:ErrorFile={directory}/crash.log", *flags)
    command = [*java, MAIN, str(directory / "server.properties")]
    write = (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    files = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), write, (os.POSIX_SPAWN_DUP2, 1, 2)]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=files, setsid=True)
    (directory / "kafka.pid").write_text(f"{pid}\n")


def _java(library: Path, *flags: str) -> list[str]:
    archive = library / "kafka.jsa"
    shared = [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []
    return [tool("java", "openjdk-17-jre-headless"), *JVM, *shared, *flags, "-cp", f"{library}/*"]


def _archive_classes(library: Path) -> None:
    """Keep the classes that one run loads in the JVM's own form: later starts take half the time."""
    with contextlib.ExitStack() as at_end, contextlib.suppress(KafkaError, OSError):
        directory = Path(at_end.enter_context(tempfile.TemporaryDirectory(dir=library.parent))).resolve()
        at_end.callback(_stop, directory, signal.SIGKILL)
        _start(directory, None, library, f"-XX:ArchiveClassesAtExit={directory}/kafka.jsa")
        _stop(directory, signal.SIGTERM)
        (directory / "kafka.jsa").rename(library / "kafka.jsa")


def _choose_ports(directory: Path, port: int | None) -> None:
    broker, controller = _ports(directory)
    broker = port or broker or next(filter(_is_free, iter(lambda: secrets.choice(PORTS), 0)))
    if not _is_free(broker):
        raise KafkaError(f"port {broker} of 127.0.0.1 is in use or not allowed; give another with --port")
    while controller in (0, broker) or not _is_free(controller):
        controller = secrets.choice(PORTS)
    (directory / "ports").write_text(f"{broker} {controller}\n")


def _ports(directory: Path) -> tuple[int, int]:
    """The ports of broker and controller that the directory remembers, or zeros."""
    with contextlib.suppress(OSError, ValueError):
        broker, controller = map(int, (directory / "ports").read_text().split())
        return broker, controller
    return 0, 0


def address(directory: Path) -> str:
    return f"127.0.0.1:{_ports(directory)[0]}"


def _is_free(port: int) -> bool:
    with contextlib.suppress(OSError, OverflowError), socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _answers_in_time(directory: Path) -> bool:
    """Wait until Kafka answers, which gives True, or does not run, which gives False."""
    deadline = time.monotonic() + START_SECONDS
    while running(directory) and not answers(directory):
        if time.monotonic() > deadline:
            raise KafkaError(f"Kafka does not answer after {START_SECONDS} s; {log_end(directory)}")
        time.sleep(0.05)
    return running(directory) > 0


def answers(directory: Path) -> bool:
    """Whether a metadata request (key 3, version 1, no topics) is answered with at least one live broker."""
    place = ("127.0.0.1", _ports(directory)[0])
    with contextlib.suppress(OSError), socket.create_connection(place, timeout=1) as connection:
        connection.sendall(struct.pack(">ihhihi", 14, 3, 1, 1, -1, 0))
        answer = connection.recv(12, socket.MSG_WAITALL)
        return len(answer) == 12 and struct.unpack(">iii", answer)[2] > 0
    return False


def log_end(directory: Path) -> str:
    log = directory / "kafka.log"
    return f"the end of {log}:\n{last_lines(log.read_text(errors='replace'))}"
