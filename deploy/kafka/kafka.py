"""Starts and stops a real single-node Apache Kafka (KRaft: broker and controller in one JVM) on 127.0.0.1.

Called by the Makefile on the command line, and by tests and benchmarks, which load this file by its path and
use `start`, `stop` and `version`. It needs Java 17 or later and, for the first start, Maven: `kafka_jars.py`
fetches the jars into the user's cache.

Promises: `start` returns only when the broker answers the Kafka protocol with itself as a live broker, and
leaves nothing running when it fails. A directory keeps its ports and its data over any stop or kill, and
what the broker has acknowledged lives through `stop(kill=True)`, though not through a crash of the machine.
Starts at the same moment, in one directory or in many, do not disturb each other.

To recover: read `kafka.log` in the directory; `stop --kill`; start again. Failing that, delete the directory
(which loses its messages) or the jars' cache (which costs one more fetch).
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

# At the end of the path, or this file would hide the client library of the same name.
sys.path.append(str(Path(__file__).resolve().parent))

from kafka_jars import KafkaError, say, version
from kafka_server import address, answers, log_end, running, start, stop

__all__ = ["KafkaError", "start", "stop", "version"]


def _run(directory: Path, port: int | None) -> None:
    try:
        print(start(directory, port), flush=True)
        while running(directory):
            time.sleep(0.2)
        raise KafkaError(f"Kafka has ended; {log_end(directory)}")
    except KeyboardInterrupt:
        stop(directory)


def _status(directory: Path) -> str:
    if not (pid := running(directory)) or not answers(directory):
        raise KafkaError(f"{'running, but not answering' if pid else 'not running'}, in {directory}")
    return f"running at {address(directory)}, process {pid}"


def _obey(command: str, directory: Path, port: int | None, kill: bool) -> None:
    match command:
        case "start":
            print(start(directory, port))
        case "stop":
            stop(directory, kill=kill)
        case "run":
            _run(directory, port)
        case _:
            print(version() if command == "version" else _status(directory))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="A real single-node Kafka on 127.0.0.1.")
    parser.add_argument("command", choices=["start", "stop", "status", "run", "version"])
    parser.add_argument("--dir", type=Path, default=Path(".dossier/kafka"), help="default %(default)s")
    parser.add_argument("--port", type=int, help="default: the one DIR remembers, or a free one")
    parser.add_argument("--kill", action="store_true", help="stop with SIGKILL instead of SIGTERM")
    return parser


def main() -> int:
    chosen = _parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        _obey(chosen.command, chosen.dir.resolve(), chosen.port, chosen.kill)
    except (KafkaError, OSError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
