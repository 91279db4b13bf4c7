"""How a loop is asked to end: at once, whatever it waits for, so that nothing has to be polled for it."""

import os
import select
import weakref


class Stop:
    """Set once, when everything that was given it is to end. It has a file descriptor, readable from then on.

    It takes no lock, so a signal handler may set it whatever the thread that it interrupts is doing.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._reader, self._writer = os.pipe()
        weakref.finalize(self, _close, self._reader, self._writer)

    def set(self) -> None:
        """Asks to end; called again, it does no harm."""
        asked_before, self._is_set = self._is_set, True
        if not asked_before:
            os.write(self._writer, b"\0")

    def is_set(self) -> bool:
        """Returns whether it is time to end."""
        return self._is_set

    def fileno(self) -> int:
        """The file descriptor that can be read once it is time to end."""
        return self._reader

    def wait(self, timeout_s: float) -> bool:
        """Waits until it is time to end, at most `timeout_s` seconds; gives whether it is."""
        _readable((self._reader,), timeout_s)
        return self._is_set

    def wait_for(self, descriptor: int, timeout_s: float) -> bool:
        """Waits until `descriptor` can be read; `False` after `timeout_s` seconds, and at once when it is time to end."""
        return descriptor in _readable((descriptor, self._reader), timeout_s)


def _readable(descriptors: tuple[int, ...], timeout_s: float) -> set[int]:
    """The file descriptors that can be read, within `timeout_s` seconds."""
    waiting = select.poll()
    for descriptor in descriptors:
        waiting.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in waiting.poll(timeout_s * 1_000)}


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
