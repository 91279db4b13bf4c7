"""The library's projection runner with one read model, as a process of its own: `python -m benchmarks.over_http.following`."""

import signal
import threading

from eventsourcing.projection import ProjectionRunner

from benchmarks.peer import PeerApplication, ResponsesProjection, ResponsesView


def main() -> None:
    """Runs until it is terminated; its environment names the database."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with ProjectionRunner(
        application_class=PeerApplication, projection_class=ResponsesProjection, view_class=ResponsesView
    ):
        ended.wait()


if __name__ == "__main__":
    main()
