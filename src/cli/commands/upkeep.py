"""The commands `rebuild`, `verify`, `proof`, `restored`, `republish`, `dead-letters`, `token` and `docs`."""
# ruff: noqa: PLC0415  (see `main`)

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from aggregates.fact import Role
from cli.app import KEEP, AsJson, application, id_of
from cli.settings import load

LONGEST_DAYS = 3_650

EventId = Annotated[
    UUID, typer.Argument(parser=id_of, metavar="EVENT_ID", help="Id of the event that was not delivered.")
]

proof = application(name="proof", help="What proves the log: signed heads, and the keys that check them.")
dead_letters = application(
    name="dead-letters", help="Changes that Customer Engagement refused: look at them, and send them again."
)


def add_to(app: typer.Typer) -> None:
    """Declares the commands."""
    app.command(rich_help_panel=KEEP)(rebuild)
    app.command(rich_help_panel=KEEP)(verify)
    app.command(rich_help_panel=KEEP)(restored)
    app.command(rich_help_panel=KEEP)(republish)
    app.add_typer(proof, rich_help_panel=KEEP)
    app.add_typer(dead_letters, rich_help_panel=KEEP)
    app.command(rich_help_panel=KEEP)(token)
    app.command(rich_help_panel=KEEP)(docs)


def rebuild(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Read models to rebuild.")] = None,
    all_models: Annotated[bool, typer.Option("--all", help="Rebuild all of them.")] = False,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Show every row that differs from the one in use, and leave that as it is."),
    ] = False,
    swap: Annotated[bool, typer.Option("--swap", help="With --compare: swap them all the same.")] = False,
    as_json: AsJson = False,
) -> None:
    """Rebuild read models from the log, beside the ones in use, and swap them once they have caught up. With --compare it fails where a
    row differs and nothing is swapped."""
    from cli.commands.rebuild import compare as run_comparison
    from cli.commands.rebuild import rebuild as run

    if bool(names) == all_models:
        raise typer.BadParameter("give one or more names, or --all")
    if swap and not compare:
        raise typer.BadParameter("--swap is for --compare; without it, they are swapped anyway")
    if compare:
        run_comparison(load(), names or [], swap=swap, as_json=as_json)
    else:
        run(load(), names or [], as_json=as_json)


def verify(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Histories with proofs, proofs of events, heads or receipts, to be checked instead of the log.",
        ),
    ] = None,
    heads: Annotated[
        list[Path] | None, typer.Option("--head", help="A signed head that was kept elsewhere. May be repeated.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(help="Public keys that are trusted, one a line. Default: that of this installation."),
    ] = None,
    answer: Annotated[Path | None, typer.Option(help="The answer that a receipt is for, as it was received.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the whole log: positions, times, digests, its tree and signed heads, and that every event can be read.

    Fails at the first fault and names its position. With files, it checks those, which needs --keys and neither database nor API.
    """
    from cli.commands import verify as run

    if files:
        if keys is None or heads:
            raise typer.BadParameter("files are checked with --keys, and without --head")
        run.verify_files(files, keys, answer, as_json=as_json)
        return
    if answer is not None:
        raise typer.BadParameter("--answer belongs to a receipt")
    run.command(load(), heads or [], keys, as_json=as_json)


@proof.command()
def head(as_json: AsJson = False) -> None:
    """Sign a head over everything that is recorded, and print it. Keep it elsewhere: `dossier verify --head FILE` compares."""
    from cli.commands import proof as run

    run.head(load(), as_json=as_json)


@proof.command("keys")
def public_keys(as_json: AsJson = False) -> None:
    """Print the public keys that heads and receipts are checked with, the present one first."""
    from cli.commands import proof as run

    run.public_keys(load(), as_json=as_json)


def restored(as_json: AsJson = False) -> None:
    """After restoring a backup that lacks the last events: tell subscribers to begin again, since positions will be given again.

    Stop every process first. The log gets another id, and the relay sends all of it, as of that log.
    """
    from cli.commands.restored import command as run

    run(load(), as_json=as_json)


def republish(
    first: Annotated[int, typer.Option("--from", min=1, help="Position of the first event.")],
    last: Annotated[
        int | None,
        typer.Option("--to", min=1, help="Position of the last event. Default: the last that the relay has sent."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a part of the log to Kafka again, for a subscriber or a topic that has lost it. Whoever has the events drops them."""
    from cli.commands.republish import command as run

    run(load(), first, last, as_json=as_json)


@dead_letters.command("list")
def list_(
    resent_too: Annotated[bool, typer.Option("--all", help="Also those that were sent again.")] = False,
    as_json: AsJson = False,
) -> None:
    """List dead letters, oldest first."""
    from cli.commands import dead_letters as letters

    letters.list_letters(load(), resent_too=resent_too, as_json=as_json)


@dead_letters.command()
def show(event_id: EventId, as_json: AsJson = False) -> None:
    """Show one dead letter in full."""
    from cli.commands import dead_letters as letters

    letters.show_letter(load(), event_id, as_json=as_json)


@dead_letters.command()
def resend(
    event_id: EventId,
    value: Annotated[str | None, typer.Option(help="Send this value instead.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Send it even if a later value was sent already.")] = False,
    actor: Annotated[str | None, typer.Option(help="Who requests it. Default: the user of this machine.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the forwarder to send a dead letter again."""
    from cli.commands import dead_letters as letters

    letters.resend(load(), event_id, actor=actor, value=value, force=force, as_json=as_json)


@dead_letters.command("resend-all")
def resend_all(
    actor: Annotated[str | None, typer.Option(help="Who requests it. Default: the user of this machine.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the forwarder to send every dead letter again whose value is still the latest of its customer and attribute."""
    from cli.commands import dead_letters as letters

    letters.resend_all(load(), actor=actor, as_json=as_json)


def token(
    role: Annotated[Role, typer.Option(help="The role of its bearer.")],
    actor: Annotated[str | None, typer.Option(help="The name of its bearer. Default: the role's name.")] = None,
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="For how many days it is valid.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Print a bearer token for the API, on stdout and nothing else."""
    from cli.commands.token import token as run

    run(load(), role, actor=actor or role.value, days=days, as_json=as_json)


def docs(
    write: Annotated[bool, typer.Option("--write", help="Write the files.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Fail if a file differs from what the code says.")] = False,
    reworded: Annotated[
        bool, typer.Option("--reworded", help="Changed descriptions of events mean what they meant before.")
    ] = False,
) -> None:
    """Regenerate the documents in docs/ of this directory, or check them. Fails where subscribers to events would be broken."""
    from cli.commands.docs import command as run

    if write == check:
        raise typer.BadParameter("give either --write or --check")
    run(write=write, reworded=reworded)
