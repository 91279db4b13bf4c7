"""How uvicorn serves the HTTP applications of the house. Logs are ours, the access log is the application's."""

from typing import Any, Final

import uvicorn

GRACE_S: Final = 2
"""What requests under way have at the end."""


def configuration(app: Any, *, workers: int = 1, factory: bool = False) -> uvicorn.Config:
    """The configuration for an ASGI application, or for the import string of its factory where there are several workers."""
    return uvicorn.Config(
        app,
        workers=workers,
        factory=factory,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
