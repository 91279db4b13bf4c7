"""`dossier erase`: the personal data of a customer are made unreadable for good (rule 5.1)."""
# ruff: noqa: PLC0415  (see `main`)

from typing import Annotated

import typer

from cli.app import AsJson
from cli.commands.merge import CHANGE, Actor, change, print_outcome

Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Number of the customer.")]
Reason = Annotated[str, typer.Option(help="Why; it stays in the history.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")]


def add_to(app: typer.Typer) -> None:
    """Declares the command."""
    app.command(rich_help_panel=CHANGE)(erase)


def erase(customer: Customer, reason: Reason, actor: Actor = None, yes: Yes = False, as_json: AsJson = False) -> None:
    """Erase the personal data of a customer, and of all who were merged into it. They cannot be brought back; the history stays."""
    from aggregates.customer.commands import erase_customer

    if not yes:
        question = f"Erase the personal data of customer {customer} for good? Nothing brings them back."
        typer.confirm(question, abort=True, err=True)
    outcome = change(erase_customer, customer, reason=reason, actor=actor)
    state = "were erased" if outcome.changed else "are erased already"
    print_outcome(outcome, f"The personal data of customer {customer} {state}.", as_json=as_json)
