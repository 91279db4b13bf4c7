"""The agent desktop of the documentation, `docs/embedding.html`, on an origin of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Stays quiet."""

    def send_head(self) -> Any:
        """Browsers ask for an icon by themselves."""
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
            return None
        return super().send_head()


@contextmanager
def desktop() -> Iterator[str]:
    """Serves the page; gives its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(DOCS))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)
