"""`dossier token`: bearer tokens for people and scripts that have no identity provider to give them one."""

from datetime import UTC, datetime, timedelta

from aggregates.fact import Role
from api.http.tokens import issue_token
from cli.output import show
from cli.output.lines import say
from cli.settings import Settings


def token(settings: Settings, role: Role, *, actor: str, days: int, as_json: bool) -> None:
    """Prints a token."""
    text = token_for(settings, role, actor=actor, days=days)
    if as_json:
        ends = datetime.now(UTC) + timedelta(days=days)
        show.document({"token": text, "role": role.value, "actor": actor, "company": settings.company, "ends": ends})
    else:
        say(text)


def token_for(settings: Settings, role: Role, *, actor: str, days: int) -> str:
    """Returns a token of this company that is valid for so many days from now."""
    return issue_token(settings.token_secret, actor, role, settings.company, timedelta(days=days))
