"""Loops end when asked to, whatever they wait for."""

import os
import threading
import time
from contextlib import closing

from store.database import Database
from store.signals import Signal
from store.stopping import Stop

FAR_S = 30.0
"""Longer than any test waits."""


def test_who_waits_for_a_signal_ends_at_once_when_asked_to(database: Database) -> None:
    stop, ended = Stop(), threading.Event()
    with closing(Signal(database, "log")) as signal:
        signal.listen()

        def wait() -> None:
            assert signal.wait(FAR_S, stop) == []
            ended.set()

        threading.Thread(target=wait, daemon=True).start()
        assert not ended.wait(0.1)
        stop.set()
        assert ended.wait(FAR_S / 2)
        assert signal.wait(FAR_S, stop) == []  # and from then on nobody waits


def test_every_signal_of_one_packet_is_given(database: Database) -> None:
    stop = Stop()
    with closing(Signal(database, "log")) as signal:
        signal.listen()
        with database.connection() as connection, connection.transaction():
            for payload in ("5", "6", "7"):
                connection.execute("SELECT pg_notify(%s, %s)", [database.channel("log"), payload])
        heard: list[str] = []
        while len(heard) < 3 and (payloads := signal.wait(FAR_S, stop)):
            heard += payloads
        assert heard == ["5", "6", "7"]


def test_a_wait_ends_by_its_time_and_by_what_it_waits_for() -> None:
    stop = Stop()
    reader, writer = os.pipe()
    try:
        began = time.monotonic()
        assert not stop.wait_for(reader, 0.05)
        assert time.monotonic() - began >= 0.05
        os.write(writer, b"!")
        assert stop.wait_for(reader, FAR_S)
        stop.set()
        stop.set()
        assert stop.is_set()
        assert stop.wait_for(reader, FAR_S)
    finally:
        os.close(reader)
        os.close(writer)
