"""Plain lines on stdout and stderr. Separate from `show`, so that processes that print no tables do not load what draws them."""

import typer


def say(text: str) -> None:
    """Prints one line on stdout, never wrapped."""
    typer.echo(text)


def complain(text: str) -> None:
    """Prints one line on stderr, never wrapped."""
    typer.echo(f"dossier: {text}", err=True)
