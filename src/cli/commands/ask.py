"""The commands `history`, `as-of`, `replay`, `resolutions` and `status`, which change nothing."""
# ruff: noqa: PLC0415  (see `main`)

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from aggregates.clocks import AsOf
from aggregates.fact import Role, Source
from cli.app import AsJson
from cli.settings import load

ASK = "Ask"


class Kind(StrEnum):
    """Kinds of things that have a history."""

    CUSTOMER = "customer"
    CATEGORY = "category"
    CONTROLS = "controls"
    MAPPINGS = "mappings"
    ACCOUNT = "account"
    SITE = "site"
    PROFILE_CLASS = "profile-class"
    SYSTEM_OPTIONS = "system-options"
    FIELD = "field"
    INTERACTION = "interaction"
    UPLOAD = "upload"
    UPLOAD_MAPPING = "upload-mapping"
    UNMASKING = "unmasking"


class Form(StrEnum):
    """Forms of a long answer."""

    TABLE = "table"
    NDJSON = "ndjson"
    CSV = "csv"


class Profile(StrEnum):
    """Kinds of things that can be read at two clocks."""

    CUSTOMER = "customer"
    ACCOUNT = "account"
    SITE = "site"
    CATEGORY = "category"
    FIELD = "field"
    PROFILE_CLASS = "profile-class"
    CONTROL = "control"
    MAPPING = "mapping"
    SYSTEM_OPTIONS = "system-options"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be a day like 2026-11-21") from None


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be an instant like 2026-11-21T14:05:00Z") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _day_or_instant(text: str) -> date | datetime:
    return _instant(text) if len(text) > len("YYYY-MM-DD") else _day(text)


def _topic(text: str) -> str:
    from aggregates.catalogue import FACTS

    if text not in FACTS:
        raise typer.BadParameter("must be a kind of event like customer.field_edited")
    return text


Number = Annotated[
    str | None,
    typer.Argument(
        metavar="[KEY]",
        help="Number of a customer or account, ACCOUNT/SITE, code of a category or control, key of a field, name of a class,"
        " category:CODE or field:KEY of a mapping; system options have none.",
    ),
]
ValidAt = Annotated[
    date | None,
    typer.Option(parser=_day, metavar="DAY", help="The business day to show, 2026-11-21. Default: today."),
]
KnownAt = Annotated[
    datetime | None,
    typer.Option(
        parser=_instant,
        metavar="INSTANT",
        help="What had been recorded until then, 2026-11-21T14:05:00Z; without an offset it is UTC. Default: now.",
    ),
]

RecordedFrom = Annotated[
    datetime | None,
    typer.Option(
        parser=_day_or_instant, metavar="DAY|INSTANT", help="Recorded on this business day, or then, or later."
    ),
]
RecordedTo = Annotated[
    datetime | None,
    typer.Option(
        parser=_day_or_instant, metavar="DAY|INSTANT", help="Recorded on this business day, or then, or earlier."
    ),
]
EffectiveFrom = Annotated[
    date | None, typer.Option(parser=_day, metavar="DAY", help="Its effective dates begin on this day or later.")
]
EffectiveTo = Annotated[
    date | None, typer.Option(parser=_day, metavar="DAY", help="Its effective dates begin on this day or earlier.")
]


OptionalKind = Annotated[Kind | None, typer.Argument(help="What it is about; without it, filters choose.")]
OptionalKey = Annotated[
    str | None,
    typer.Argument(
        metavar="[KEY]",
        help="Number of a customer (also for unmasking) or account, ACCOUNT/SITE, code of a category, name of a profile"
        " class or upload mapping, key of a field, id of an interaction or upload; the others have no key.",
    ),
]
Actor = Annotated[str | None, typer.Option(help="Who did it.")]
InRole = Annotated[Role | None, typer.Option(help="The role in which it was done.")]
FromSource = Annotated[Source | None, typer.Option(help="The way by which it came.")]
OfTopic = Annotated[
    str | None, typer.Option(parser=_topic, metavar="TOPIC", help="The kind of event, customer.field_edited.")
]
Changing = Annotated[
    str | None, typer.Option(help="A value that changed: fields.city, options.tolerance_percent, responses.1.")
]
BackDated = Annotated[
    bool, typer.Option("--back-dated", help="Only what holds from a day before the one on which it was recorded.")
]
WithReason = Annotated[str | None, typer.Option(help="Words that are all in the reason.")]
Correlated = Annotated[UUID | None, typer.Option(help="The id that ties together what belongs together.")]
Caused = Annotated[
    UUID | None, typer.Option(help="The id of the cause: of a request, or of the event that started a job.")
]
Newest = Annotated[bool, typer.Option("--newest", help="The newest first.")]
Limit = Annotated[int | None, typer.Option(min=1, help="The most events to show. Default: all.")]


Explain = Annotated[
    bool,
    typer.Option(
        "--explain", help="Also show what made each value so: who, when, why, and by which file, call, class or merge."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Declares the commands."""
    app.command(rich_help_panel=ASK)(history)
    app.command("as-of", rich_help_panel=ASK)(as_of)
    app.command(rich_help_panel=ASK)(replay)
    app.command(rich_help_panel=ASK)(resolutions)
    app.command(rich_help_panel=ASK)(status)


def history(
    kind: OptionalKind = None,
    key: OptionalKey = None,
    *,
    actor: Actor = None,
    role: InRole = None,
    source: FromSource = None,
    event: OfTopic = None,
    field: Changing = None,
    recorded_from: RecordedFrom = None,
    recorded_to: RecordedTo = None,
    effective_from: EffectiveFrom = None,
    effective_to: EffectiveTo = None,
    back_dated: BackDated = False,
    reason: WithReason = None,
    correlation_id: Correlated = None,
    causation_id: Caused = None,
    newest: Newest = False,
    limit: Limit = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
) -> None:
    """Show the events of one thing, or of everything that passes the filters: who, when, why, values before and after."""
    from cli.commands import ask_history
    from projections.history.filters import Filters

    filters = Filters(
        actor=actor,
        role=role,
        source=source,
        topic=event,
        fields=() if field is None else (field,),
        recorded_from=recorded_from,
        recorded_to=recorded_to,
        effective_from=effective_from,
        effective_to=effective_to,
        back_dated=back_dated,
        reason=reason,
        correlation_id=correlation_id,
        causation_id=causation_id,
    )
    ask_history.history(load(), kind, key, filters, known_at=known_at, newest=newest, limit=limit, as_json=as_json)


def as_of(
    kind: Annotated[Profile, typer.Argument(help="What it is about.")],
    key: Number = None,
    *,
    valid_at: ValidAt = None,
    known_at: KnownAt = None,
    explain: Explain = False,
    as_json: AsJson = False,
) -> None:
    """Show a customer's drawer and business fields, the profile of an account or site, or a definition, on a day, as known at an instant;
    from the read models."""
    from cli.commands import ask_customer, ask_definition, ask_profile

    point = AsOf(valid_at, known_at)
    if kind is Profile.CUSTOMER:
        ask_customer.as_of(load(), _key(kind, key), as_of=point, explain=explain, as_json=as_json)
    elif kind in {Profile.ACCOUNT, Profile.SITE}:
        place = ask_profile.place_of(kind.value, _key(kind, key))
        ask_profile.as_of(load(), place, as_of=point, explain=explain, as_json=as_json)
    else:
        ask_definition.as_of(load(), kind.value, key, as_of=point, explain=explain, as_json=as_json)


def replay(
    kind: Annotated[Profile, typer.Argument(help="What it is about.")],
    key: Number = None,
    *,
    valid_at: ValidAt = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
) -> None:
    """Show the same from the log alone, by replaying the facts recorded until then. Needs no read model."""
    from cli.commands import ask_customer, ask_definition, ask_profile

    point = AsOf(valid_at, known_at)
    if kind is Profile.CUSTOMER:
        ask_customer.replay(load(), _key(kind, key), as_of=point, as_json=as_json)
    elif kind in {Profile.ACCOUNT, Profile.SITE}:
        place = ask_profile.place_of(kind.value, _key(kind, key))
        ask_profile.replay(load(), place, as_of=point, as_json=as_json)
    else:
        ask_definition.replay(load(), kind.value, key, as_of=point, as_json=as_json)


def _key(kind: Profile, key: str | None) -> str:
    if key is None:
        raise typer.BadParameter(f"say which {kind}")
    return key


def resolutions(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            readable=True,
            help="JSON lines with the members account, site, date and known_at, or CSV with these columns.",
        ),
    ],
    known_at: KnownAt = None,
    form: Annotated[
        Form, typer.Option("--format", help="What differs, as a table; or the answer to each row.")
    ] = Form.TABLE,
) -> None:
    """Show which past answers differ today from what was answered then, in which values, and who made the difference, when and why.

    Each row names a transaction's account, its site if any, its date, and the instant at which it was answered. Fails if a row is refused.
    """
    from cli.commands.ask_resolutions import resolutions as run

    run(load(), file, known_at=known_at, form=form.value)


def status(as_json: AsJson = False) -> None:
    """Show the health of the installation: the database, every read model, every process, the relay, changes that wait to be sent, jobs
    under way. Fails when something is wrong, and says what, why, and what to do."""
    from cli.commands.status import status as run

    run(load(), as_json=as_json)
