"""Sockets that are bound before anything else starts.

A socket is bound, and listens, in the process that chooses the address; a child inherits it. So a taken port is reported at once, and
the address stays taken while the process behind it is restarted.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from cli.errors import CliError


class PortTakenError(CliError):
    """The address cannot be listened on."""


@contextmanager
def listening(host: str, port: int, *, way_out: str = "choose another with --port") -> Iterator[socket.socket]:
    """Yields a socket that listens on this address; port 0 takes any free one. Raises `PortTakenError`, which names the `way_out`."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except socket.gaierror:
        raise PortTakenError(f"{host} is not an address of this machine.") from None
    with socket.socket(family, socket.SOCK_STREAM) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
            bound.listen()
        except OSError as error:
            hint = f"stop the program that uses it, or {way_out}"
            raise PortTakenError(f"Port {port} of {host} cannot be used ({error.strerror}): {hint}.") from None
        yield bound


@contextmanager
def inherited_or_listening(inherited: int | None, host: str, port: int) -> Iterator[socket.socket]:
    """Yields the inherited socket of this number, else one of this address. Raises `PortTakenError`."""
    if inherited is None:
        with listening(host, port) as bound:
            yield bound
        return
    with socket.socket(fileno=inherited) as bound:
        yield bound


def address(bound: socket.socket) -> str:
    """Returns the address as a client writes it."""
    host, port = bound.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
