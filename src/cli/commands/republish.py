"""`dossier republish`: sends a part of the log to Kafka again."""

from cli.errors import CliError
from cli.output import show
from cli.output.lines import say
from cli.processes.relay import NoBrokerError
from cli.settings import Settings
from cli.wiring import open_dossier
from consumers.bus import Topics
from consumers.republishing import relayed_until, republish


class RangeError(CliError):
    """The positions are not a part of what the relay has sent."""


def command(settings: Settings, first: int, last: int | None, *, as_json: bool) -> None:
    """Sends the events from one position to another, by default to the last that was sent. Raises `NoBrokerError`, `RangeError`."""
    if settings.brokers is None:
        raise NoBrokerError("KAFKA_BOOTSTRAP_SERVERS is not set: there is nothing to send to.")
    topics = Topics.of(settings.company, settings.topic_shape)
    with open_dossier(settings) as dossier:
        end = relayed_until(dossier)
        last = end if last is None else last
        if last > end:
            raise RangeError(
                f"The relay has sent the log up to position {end}; it will send what comes after by itself."
            )
        if first > last:
            raise RangeError(f"There is nothing from position {first} to {last}.")
        result = republish(dossier, settings.brokers, topics, first, last)
    if as_json:
        show.document(result)
        return
    say(f"Sent again, from position {first} to {last}: {result.sent} events.")
    if result.left_out:
        say(
            f"Left out: {result.left_out} events, since Kafka has refused a message of their key. See `dossier refused-messages list`."
        )
