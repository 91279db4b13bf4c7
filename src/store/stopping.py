"""How a loop is asked to end: an event that also wakes whoever waits for a connection, so that nothing has to be polled for it."""

import os
import select
import weakref
from threading import Event


class Stop(Event):
    """Set once, when everything that was given it is to end. It has a file descriptor, readable from then on."""

    def __init__(self) -> None:
        super().__init__()
        self._reader, self._writer = os.pipe()
        weakref.finalize(self, _close, self._reader, self._writer)

    def set(self) -> None:
        """Asks to end; called again, or from a signal handler, it does no harm."""
        asked_before = self.is_set()
        super().set()
        if not asked_before:
            os.write(self._writer, b"\0")

    def wait_for(self, descriptor: int, timeout_s: float) -> bool:
        """Waits until `descriptor` can be read; `False` after `timeout_s` seconds, and at once when it is time to end."""
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        waiting.register(self._reader, select.POLLIN)
        ready = {number for number, _ in waiting.poll(timeout_s * 1_000)}
        return descriptor in ready


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
