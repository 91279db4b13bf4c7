"""`dossier rebuild`: rebuilds read models from the log, with progress."""

from collections.abc import Sequence

from cli.output import show
from cli.output.lines import say
from cli.processes.project import chosen_projections
from cli.settings import Settings
from cli.wiring import open_dossier
from projections.engine.rebuild import RebuildReport
from projections.engine.rebuild import rebuild as rebuild_one


def rebuild(settings: Settings, names: Sequence[str], *, as_json: bool) -> None:
    """Rebuilds the named read models, or all, one after the other."""
    reports: list[RebuildReport] = []
    with open_dossier(settings) as dossier:
        for projection in chosen_projections(dossier, names):
            with show.progress(f"Rebuilding {projection.name}") as report:
                reports.append(rebuild_one(dossier, projection, report))
            if not as_json:
                say(f"{projection.name} rebuilt.")
    if as_json:
        show.document(reports)
