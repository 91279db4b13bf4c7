"""`dossier rebuild`: rebuilds read models from the log, with progress; compares them with those in use first, where that is wanted."""

from collections.abc import Sequence

from cli.errors import CliError
from cli.output import show
from cli.output.lines import say
from cli.processes.project import chosen_projections
from cli.settings import Settings
from cli.wiring import open_dossier
from projections.engine.comparison import RowDifference
from projections.engine.rebuild import RebuildReport
from projections.engine.rebuild import rebuild as rebuild_one
from projections.engine.rebuilding_all import rebuild_all


class ReadModelDiffersError(CliError):
    """Rows of a read model in use differ from those that the log makes."""


def rebuild(settings: Settings, names: Sequence[str], *, as_json: bool) -> None:
    """Rebuilds the named read models, or all, from one reading of the log."""
    reports: list[RebuildReport] = []
    with open_dossier(settings) as dossier:
        projections = chosen_projections(dossier, names)
        rebuilt_names = ", ".join(projection.name for projection in projections)
        with show.progress(f"Rebuilding {rebuilt_names}") as progress:
            for report in rebuild_all(dossier, projections, progress):
                reports.append(report)
                if not as_json:
                    say(f"{report.name} rebuilt.")
    if as_json:
        show.document(reports)


def compare(settings: Settings, names: Sequence[str], *, swap: bool, as_json: bool) -> None:
    """Prints every row of these read models that differs from what the log makes of it; swaps them on demand.

    Raises `ReadModelDiffersError` where rows differ and are left as they are.
    """
    documents: list[dict[str, object]] = []
    reports: list[RebuildReport] = []
    with open_dossier(settings) as dossier:
        for projection in chosen_projections(dossier, names):
            rows: list[RowDifference] = []
            with show.progress(f"Rebuilding {projection.name}") as progress:
                on_difference = rows.append if as_json else _print
                report = rebuild_one(dossier, projection, progress, on_difference, swap=swap)
            reports.append(report)
            documents.append({"report": report, "rows": rows})
            if not as_json:
                say(f"{report.name}: {_counted(report)}{', swapped' if swap else ''}.")
    if as_json:
        show.document(documents)
    different = [report.name for report in reports if report.differences]
    if different and not swap:
        raise ReadModelDiffersError(f"Rows differ in {', '.join(different)}. To swap: dossier rebuild --compare --swap")


def _counted(report: RebuildReport) -> str:
    count = report.differences
    return "1 row differs" if count == 1 else f"{count or 'no'} rows differ"


def _print(difference: RowDifference) -> None:
    key = ", ".join(f"{column}={value}" for column, value in difference.key.items())
    say(f"{difference.table} ({key}): {_change(difference)}")


def _change(difference: RowDifference) -> str:
    in_use, made_anew = difference.in_use, difference.made_anew
    if in_use is None:
        return "is missing"
    if made_anew is None:
        return "should not be there"
    return "; ".join(
        f"{column} is {_word(in_use[column])}, should be {_word(value)}" for column, value in made_anew.items()
    )


def _word(value: str | None) -> str:
    return "nothing" if value is None else value
