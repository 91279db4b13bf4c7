"""A proxy in front of PostgreSQL's socket that loses a chosen statement or the reply to it, faults that no server produces on request."""

import os
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

CHUNK: Final = 65_536
CLOSING_S: Final = 5.0


class CuttingProxy:
    """Passes everything through until `cut_after(word)`; then the next statement with that word is let through and its reply lost.

    After `cut_before(word)` that statement is lost itself, or comes to the server once `late` is set.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parse_qs(parts.query).get("host", [parts.hostname or "localhost"])[0]
        self._target: str | tuple[str, int] = (
            str(Path(host) / f".s.PGSQL.{parts.port or 5432}") if host.startswith("/") else (host, parts.port or 5432)
        )
        directory = tempfile.mkdtemp(prefix="dossier-proxy-")
        self.url = f"postgresql://{parts.username or 'postgres'}:{parts.password or ''}@{parts.path}?host={directory}"
        self._word: bytes | None = None
        self._is_late = False
        self.late = threading.Event()
        self.refusing = False
        self._clients: set[socket.socket] = set()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(Path(directory) / ".s.PGSQL.5432"))
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, word: bytes) -> None:
        """The next statement that holds `word` reaches the server; its reply and the connection are lost."""
        self._word, self._is_late = word, False

    def cut_before(self, word: bytes) -> None:
        """The next statement that holds `word` and the connection are lost; the server gets it when `late` is set."""
        self._word, self._is_late = word, True

    def cut_all(self) -> None:
        """The connections that there are now are lost; the server is not told why it hears no more."""
        for client in tuple(self._clients):
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stops accepting."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        family = socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET
        lost = threading.Event()
        with client, socket.socket(family) as server:
            server.connect(self._target)
            self._clients.add(client)
            back = threading.Thread(target=self._back, args=(server, client, lost), daemon=True)
            back.start()
            self._forward(client, server, lost)
            back.join(CLOSING_S)
            self._clients.discard(client)

    def _forward(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(CHUNK):
                if self._word is not None and self._word in data:
                    self._word = None
                    lost.set()
                    if self._is_late:
                        client.shutdown(socket.SHUT_RDWR)
                        self.late.wait(CLOSING_S)
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    @staticmethod
    def _back(server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(CHUNK):
                if lost.is_set():
                    break
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def pid_of_server(directory: Path) -> int:
    """The process id of the PostgreSQL that runs over a data directory."""
    return int((directory / "postmaster.pid").read_text().splitlines()[0])


def is_alive(pid: int) -> bool:
    """Whether a process of this id runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
