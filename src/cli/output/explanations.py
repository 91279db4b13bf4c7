"""What made values so, as a table: who, when, for which days, what was before, and the way by which each came."""

from collections.abc import Iterator

from cli.output import show
from cli.output.profile_words import value_words
from projections.tables.explanation import Explanation, Explanations, OfMerge, OfProfileClass

_COLUMNS = ("value", "who", "when", "said for", "before", "came by", "reason", "event")


def print_explanations(explanations: Explanations | None) -> None:
    """Prints a row for each value that is explained."""
    show.table(_COLUMNS, [_row(path, explanation) for path, explanation in (explanations or {}).items()])


def _row(path: str, explanation: Explanation) -> tuple[object, ...]:
    return (
        path,
        f"{explanation.actor} ({explanation.role}, {explanation.source})",
        explanation.recorded_at,
        _days(explanation),
        value_words(explanation.before) if explanation.changed else "the same",
        "; ".join(_ways(explanation)),
        explanation.reason,
        explanation.event_id,
    )


def _days(explanation: Explanation) -> str:
    first, last = explanation.effective_from, explanation.effective_to
    days = "" if first is None else f"from {first}" if last is None else f"{first} to {last}"
    return f"{days}, back-dated" if explanation.back_dated else days


def _ways(explanation: Explanation) -> Iterator[str]:
    if upload := explanation.upload:
        column = "" if upload.column is None else f", column {upload.column}"
        mapping = "" if upload.mapping is None else f", mapping {upload.mapping} version {upload.mapping_version}"
        file = upload.upload if upload.file is None else upload.file
        yield f"file {file}, row {upload.row}{column}{mapping}"
    if call := explanation.interaction:
        yield f"call {call.interaction} with {call.customer}"
    if explanation.profile_class:
        yield _class_words(explanation.profile_class)
    if explanation.merge:
        yield _merge_words(explanation.merge)


def _class_words(origin: OfProfileClass) -> str:
    if origin.origin is None:
        return "system option"
    version = f"{origin.profile_class} version {origin.class_version}"
    return (
        f"{origin.level}: "
        + ("set here" if origin.origin == "here" else version)
        + (", written by a run" if origin.propagated else "")
    )


def _merge_words(merge: OfMerge) -> str:
    side = "own value" if merge.brought_by is None else f"merge of {merge.brought_by}"
    lost = ", ".join(f"{lost.value} of {lost.customer}" for lost in merge.lost)
    return f"{side}, instead of {lost}" if lost else side
