"""Runs a function in a child process that does not outlive this one."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final, Generic, TypeVar

Result = TypeVar("Result")
_PROCESSES: Final = multiprocessing.get_context("spawn")
FINISHED_WITHIN_S: Final = 300.0


class Beside(Generic[Result]):
    """A function that runs in another process; its arguments and its result are pickled."""

    def __init__(self, function: Callable[..., Result], *arguments: Any) -> None:
        self._receiver, sender = _PROCESSES.Pipe(duplex=False)
        self._process = _PROCESSES.Process(target=_run, args=(sender, function, arguments), daemon=True)
        self._process.start()
        sender.close()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid or 0

    def result(self) -> Result:
        """What the function gives. Raises `TimeoutError`, and `EOFError` when the process ended by a fault, which it has printed."""
        if not self._receiver.poll(FINISHED_WITHIN_S):
            raise TimeoutError(f"No result within {FINISHED_WITHIN_S:.0f} s.")
        result: Result = self._receiver.recv()
        self._process.join()
        return result

    def end(self) -> None:
        """Ends the process, if it still runs."""
        self._process.terminate()
        self._process.join()


def _run(sender: Connection, function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    sender.send(function(*arguments))
