"""What `dossier up` prints once everything is healthy: the address, links to the console, tokens, and three lines for the shell."""

import json
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Final

from aggregates.fact import Role
from api.console.build import Builds
from api.settings import CONSOLE
from cli.commands.token import token_for
from cli.local.demo import CUSTOMER
from cli.output.lines import say
from cli.settings import Settings
from consumers.messages import EVENTS_TOPIC

TOKEN_DAYS: Final = 30
ATTRIBUTE: Final = "age_band"
MOST_LOOKS: Final = 15
"""Looks, one a second: a Kafka that was just started needs some seconds."""
ANSWERS: Final = {"1": "A2", "2": "OWN"}


def welcome(settings: Settings, address: str, *, with_demo: bool, simulated: bool) -> None:
    """Prints the welcome. `simulated`: Customer Engagement is our simulator, which shows what it received."""
    tokens = {role: token_for(settings, role, actor=role.value, days=TOKEN_DAYS) for role in Role}
    say(f"Dossier is ready at {address} - interactive documentation at {address}/docs")
    say("")
    for line in console_lines(address, tokens):
        say(line)
    say("")
    say(f"Tokens, valid for {TOKEN_DAYS} days; paste these lines to use them as variables:")
    for role, token in tokens.items():
        say(f"export {role.name}={token}")
    if with_demo:
        say("")
        say(f"Try it: answer the drawer of customer {CUSTOMER}, read it back, see what Customer Engagement received:")
        for line in examples(settings, address, tokens[Role.AGENT])[: 3 if simulated else 2]:
            say(line)
    if settings.kafka_bootstrap_servers is not None:
        topic = EVENTS_TOPIC.format(company=settings.company)
        say("")
        say(f"Kafka is at {settings.kafka_bootstrap_servers}; every change is on the topic {topic}.")
    say("")
    say(f"Logs and data are in {settings.data_dir}. Ctrl-C stops everything.")


def console_lines(address: str, tokens: Mapping[Role, str], built: Path = CONSOLE) -> list[str]:
    """Returns a link for each role that signs in to the console. A browser keeps what follows `#` to itself, so it is in no log."""
    if not Builds(built).is_present():
        return ["The console is not built: `make console` builds it. Everything else runs."]
    return [
        f"Open the console; each link signs in with a role, for {TOKEN_DAYS} days:",
        *(f"{role.value:<13} {address}/sign-in#{token}" for role, token in tokens.items()),
    ]


def examples(settings: Settings, address: str, token: str) -> list[str]:
    """Returns three lines for a shell. The second waits for the position in the answer to the first, so that it shows what was just
    stored; the third looks again for a while, in case it runs before the change has arrived."""
    bearer = f"-H 'Authorization: Bearer {token}'"
    headers = quote(str(settings.data_dir / "headers"))
    position = f"$(grep -i '^dossier-position' {headers} | tr -d '\\r')"
    drawer = f"{address}/v1/customers/{CUSTOMER}/drawer"
    body = json.dumps({"responses": ANSWERS})
    received = f"{settings.customer_engagement_url}/customers/{CUSTOMER}/attributes"
    engagement = f"-H 'Authorization: Bearer {settings.engagement_token}'"
    look = f"curl -fsS {received} {engagement} | grep {ATTRIBUTE}"
    return [
        f"curl -fsS -D {headers} -X PUT {drawer} {bearer} -H 'Content-Type: application/json' -d '{body}'; echo",
        f'curl -fsS {drawer} {bearer} -H "{position}"; echo',
        f"{look} || for i in {{1..{MOST_LOOKS}}}; do sleep 1; {look} && break; done; echo",
    ]
