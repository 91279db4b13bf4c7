"""The `dossier` command: the declaration of each command, and the help that a user reads.

Each command imports what it needs when it runs (hence the lint rule that is off here), so that every process loads only the libraries
that it uses.
"""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated

import typer

from cli.app import RUN, AsJson, MetricsPort, application
from cli.commands import ask, erase, merge, refused_messages, upkeep, upload
from cli.output.lines import say
from cli.settings import load

app = application(
    name="dossier",
    help="Customer and account profiles in which every change is kept and every past answer can be given again.",
    epilog=(
        "Settings are environment variables: DATABASE_URL (without it, PostgreSQL runs in DOSSIER_DATA_DIR), DOSSIER_DATA_DIR (.dossier),"
        " DOSSIER_COMPANY (demo), DOSSIER_MASTER_KEY and DOSSIER_TOKEN_SECRET (generated without DATABASE_URL),"
        " DOSSIER_SIGNING_KEY (signs heads of the log; derived from the master key),"
        " DOSSIER_HOST (127.0.0.1), DOSSIER_PORT (8000), DOSSIER_WORKERS (1), DOSSIER_LOG_LEVEL (info),"
        " DOSSIER_POOL_SIZE (12 database connections a process), DOSSIER_THREADS (40, of an API process, for writes),"
        " DOSSIER_MOST_UPLOAD_BYTES (2 GiB), DOSSIER_KEEP_KEYS_DAYS (30), DOSSIER_EMBED_ORIGINS (whose pages may embed parts of the"
        " console; none), CUSTOMER_ENGAGEMENT_URL, CUSTOMER_ENGAGEMENT_TOKEN."
        " Kafka: KAFKA_BOOTSTRAP_SERVERS, KAFKA_SECURITY_PROTOCOL (PLAINTEXT; SSL, SASL_PLAINTEXT, SASL_SSL), KAFKA_SASL_MECHANISM (PLAIN,"
        " SCRAM-SHA-256, SCRAM-SHA-512), KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD, KAFKA_SSL_CAFILE, KAFKA_SSL_CERTFILE,"
        " KAFKA_SSL_KEYFILE, KAFKA_SSL_PASSWORD; for the topics it makes KAFKA_PARTITIONS (12), KAFKA_REPLICATION_FACTOR (-1: the"
        " brokers' default), KAFKA_MIN_INSYNC_REPLICAS and KAFKA_RETENTION_MS. DATABASE_URL and every secret may come from a file:"
        " DOSSIER_MASTER_KEY_FILE and so on."
    ),
)


def _print_version(requested: bool) -> None:
    """Prints the version, and ends the command."""
    from importlib.metadata import version

    if requested:
        say(f"dossier {version('dossier')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that may stand before a command."""


@app.command(rich_help_panel=RUN)
def up(
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Port of the API; 0 takes any free one. Default: DOSSIER_PORT, 8000."),
    ] = None,
    demo: Annotated[
        bool | None,
        typer.Option("--demo/--no-demo", help="Set the demo company up. Default: only for the company `demo`."),
    ] = None,
) -> None:
    """Run everything on this machine: nothing else is needed.

    Starts PostgreSQL (unless DATABASE_URL is set), the API, the projections, the forwarder, the worker, the relay (when
    KAFKA_BOOTSTRAP_SERVERS is set) and a simulator of Customer Engagement (unless CUSTOMER_ENGAGEMENT_URL is set). Prints how to try
    it. Ctrl-C stops everything; the data stays in DOSSIER_DATA_DIR (.dossier).
    """
    from cli.local.demo import COMPANY
    from cli.local.up import up as run

    settings = load()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    run(settings, with_demo=settings.company == COMPANY if demo is None else demo)


@app.command(rich_help_panel=RUN)
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: DOSSIER_HOST, 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Default: DOSSIER_PORT, 8000.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes. Default: DOSSIER_WORKERS, 1.")] = None,
    fd: Annotated[int | None, typer.Option(hidden=True, help="Listen on this inherited socket.")] = None,
) -> None:
    """Run the HTTP API. Its metrics are at /metrics."""
    from cli.processes.api import serve as run

    options = {"host": host, "port": port, "workers": workers}
    settings = load().model_copy(update={name: value for name, value in options.items() if value is not None})
    run(settings, fd=fd)


@app.command(rich_help_panel=RUN)
def project(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Projections to run. Default: all.")
    ] = None,
    metrics_port: MetricsPort = None,
) -> None:
    """Run projections: fold the log into the read models. A second process stands by."""
    from cli.processes.project import project as run

    run(load(), names or [], metrics_port=metrics_port)


@app.command(rich_help_panel=RUN)
def relay(metrics_port: MetricsPort = None) -> None:
    """Run the relay: send the log to Kafka. A second process stands by."""
    from cli.processes.relay import relay as run

    run(load(), metrics_port=metrics_port)


@app.command(rich_help_panel=RUN)
def forward(metrics_port: MetricsPort = None) -> None:
    """Run the forwarder: send changes to Customer Engagement, fed by Kafka or, without it, by the log."""
    from cli.processes.forward import forward as run

    run(load(), metrics_port=metrics_port)


@app.command(rich_help_panel=RUN)
def work(metrics_port: MetricsPort = None) -> None:
    """Run the worker: read contact files, write changed profile classes into existing profiles, forget old idempotency keys, sign
    heads of the log.

    A second process stands by.
    """
    from cli.processes.work import work as run

    run(load(), metrics_port=metrics_port)


upload.add_to(app)


@app.command(rich_help_panel=RUN)
def simulator(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on.")] = 8081,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    journal: Annotated[
        Path | None,
        typer.Option(
            help="File that keeps what was received. Default: customer_engagement.COMPANY.jsonl in DOSSIER_DATA_DIR."
        ),
    ] = None,
    fd: Annotated[int | None, typer.Option(hidden=True, help="Listen on this inherited socket.")] = None,
) -> None:
    """Run a simulator of Customer Engagement, for trying and for tests. Its token is CUSTOMER_ENGAGEMENT_TOKEN."""
    from cli.processes.simulate import journal_of
    from cli.processes.simulate import simulate as run

    settings = load().model_copy(update={"host": host, "port": port})
    run(settings, journal or journal_of(settings), fd=fd)


@app.command(rich_help_panel=RUN)
def migrate(as_json: AsJson = False) -> None:
    """Bring the database up to date. May run several times, and in several places at once."""
    from cli.output import show
    from cli.wiring import migrate as run

    applied = run(load())
    if as_json:
        show.document({"applied": applied})
    else:
        say(f"Applied {', '.join(applied)}." if applied else "Up to date.")


merge.add_to(app)
erase.add_to(app)
ask.add_to(app)
upkeep.add_to(app)
refused_messages.add_to(app)


def main() -> None:
    """Runs the command line."""
    app()


if __name__ == "__main__":
    main()
