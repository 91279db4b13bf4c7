"""Puts a forwarder together: feed, handler, resender; what `dossier forward` runs.

Kafka is the feed where brokers are given; without, the log itself feeds the same handler (rule 4.3). The forwarder has its own
pool of connections, since it holds one for as long as Customer Engagement takes to answer.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

from consumers.answers import Answers
from consumers.brokers import Brokers
from consumers.bus import Topics
from consumers.customer_engagement import CustomerEngagement
from consumers.dead_letters import DeadLetters, DeadLetterTopic
from consumers.feeds import Feed
from consumers.forwarder import CONSUMER, GROUP, SENDING, Forwarder
from consumers.kafka_feed import KafkaFeed
from consumers.log_feed import LogFeed
from consumers.resender import Resender
from store.application import Dossier
from store.database import Database
from store.heartbeats import Progress
from store.retrying import Retrying
from store.stopping import Stop

FORWARD: Final = "forward"
RESEND: Final = "resend"
TASKS: Final = (FORWARD, RESEND)


@contextmanager
def forwarding(
    dossier: Dossier,
    *,
    url: str,
    token: str,
    brokers: Brokers | None = None,
    topics: Topics | None = None,
    sending: Retrying = SENDING,
    progress: Mapping[str, Progress] | None = None,
) -> Iterator[dict[str, Callable[[Stop], None]]]:
    """Gives the loops to run, each in a thread of its own: `FORWARD` and `RESEND`. Neither raises. `progress`, by the same
    names, is marked by them."""
    with ExitStack() as closing:
        database = Database(dossier.database.url, dossier.database.schema)
        closing.callback(database.close)
        engagement = CustomerEngagement(url, token)
        closing.callback(engagement.close)
        topics = topics or Topics.of(dossier.company)
        letters = DeadLetters(database, DeadLetterTopic(brokers, topics) if brokers else None)
        closing.callback(letters.close)
        progress = progress or {name: Progress() for name in TASKS}
        answers = Answers()
        progress[FORWARD].watch(answers.obstacle)
        feed: Feed = (
            KafkaFeed(brokers, GROUP, topics, progress=progress[FORWARD])
            if brokers
            else LogFeed(dossier, CONSUMER, progress=progress[FORWARD])
        )
        forwarder = Forwarder(database, dossier.fact_mapper, engagement, letters, sending, answers=answers)
        resender = Resender(database, dossier.fact_mapper, engagement, sending, progress=progress[RESEND])
        yield {FORWARD: lambda stop: feed.run(forwarder, stop), RESEND: resender.run}
