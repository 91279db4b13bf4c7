"""`dossier merge` and `dossier unmerge`: duplicates become one customer, and two again (rule 6.1)."""
# ruff: noqa: PLC0415  (see `main`)

from collections.abc import Callable
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from cli.app import AsJson
from cli.output.lines import say
from cli.settings import load

if TYPE_CHECKING:
    from aggregates.use_case import Outcome

CHANGE = "Change"

Survivor = Annotated[str, typer.Argument(metavar="SURVIVOR", help="Number of the customer who stays.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Number of the duplicate; it leads to the survivor.")]
Reason = Annotated[str | None, typer.Option(help="Why; it is kept with the change.")]
Actor = Annotated[str | None, typer.Option(help="Who does it. Default: the user of this machine.")]


def add_to(app: typer.Typer) -> None:
    """Declares the commands."""
    app.command(rich_help_panel=CHANGE)(merge)
    app.command(rich_help_panel=CHANGE)(unmerge)


def merge(
    survivor: Survivor, other: Other, reason: Reason = None, actor: Actor = None, as_json: AsJson = False
) -> None:
    """Merge a duplicate into a customer, who takes the values that it lacks itself. Both histories stay; `unmerge` undoes it."""
    from aggregates.customer.commands import merge_customers

    outcome = change(merge_customers, survivor, other=other, reason=reason, actor=actor, survivor=survivor)
    message = f"Customer {other} was merged into {survivor}." if outcome.changed else "They are merged already."
    print_outcome(outcome, message, as_json=as_json)


def unmerge(
    survivor: Survivor, other: Other, reason: Reason = None, actor: Actor = None, as_json: AsJson = False
) -> None:
    """Undo a merge: SURVIVOR reads as if it had never happened. What was set since stays; what it covered shows again."""
    from aggregates.customer.commands import unmerge_customers

    outcome = change(unmerge_customers, survivor, other=other, reason=reason, actor=actor)
    print_outcome(outcome, f"Customer {other} is separate again.", as_json=as_json)


def change(
    command: "Callable[..., Outcome]", number: str, *, reason: str | None, actor: str | None, **more: Any
) -> "Outcome":
    """Calls the use case as an administrator: a person who can read this machine's settings is one."""
    from aggregates import texts
    from aggregates.fact import LONGEST_REASON, Origin, Role, Source
    from aggregates.use_case import Request
    from cli.wiring import open_dossier

    cause = uuid4()
    if reason is not None:
        reason = texts.text(reason, field="reason", label="The reason", longest=LONGEST_REASON)
    with open_dossier(load()) as dossier:
        origin = Origin(
            actor=actor or getuser(),
            role=Role.ADMINISTRATOR,
            source=Source.CLI,
            reason=reason,
            correlation_id=cause,
            causation_id=cause,
        )
        return command(dossier, Request(origin, dossier.today()), number=number, **more)


def print_outcome(outcome: "Outcome", message: str, *, as_json: bool) -> None:
    """Prints what became of a change."""
    from cli.output import show

    if as_json:
        show.document({"changed": outcome.changed, "version": outcome.version, "position": outcome.position})
    else:
        say(message)
