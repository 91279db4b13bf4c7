"""Plain lines on stdout and stderr. Apart from `show`, so that processes that print no tables load nothing to draw them."""

import typer


def say(text: str) -> None:
    """One line on stdout, never wrapped."""
    typer.echo(text)


def complain(text: str) -> None:
    """One line on stderr, never wrapped."""
    typer.echo(f"dossier: {text}", err=True)
