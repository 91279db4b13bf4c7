"""What made each value of an answer so, and the way by which it came: file, row and column, or interaction, or class, or merge.

Used by the modules `explained_*`, each of which knows the values of some answers. A view is of the answer's own read models and of
`EXPLAINING`. Masked values are masked for everybody, as in histories.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from aggregates.account.profile import CLASS
from aggregates.aggregate import Aggregate
from aggregates.customer import events as customer
from aggregates.effective import Days, joined
from aggregates.interaction.interaction import Interaction
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.upload.mapping import NAME
from aggregates.upload.upload import Upload
from projections.accounts.models import Explained
from projections.history.entries import entries_at
from projections.history.makers import Made, Subject, Version, Wanted, entries_of, stating, versions
from projections.history.models import HistoryEntry, ValueChange
from projections.reading.view import View
from projections.tables.explanation import (
    ByUpload,
    DuringInteraction,
    Explanation,
    Explanations,
    LostValue,
    OfMerge,
    OfProfileClass,
)

EXPLAINING: Final = "history"
"""The read model that a view must be of besides."""
_FIELD: Final = "fields."
_PROPAGATED: Final = ".profile_propagated"
_ROWS: Final = (customer.CustomerRegistered.TOPIC, customer.BusinessFieldsUploaded.TOPIC)


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an answer: the position of its event, what the event states about it, and what the answer knows besides."""

    position: int
    about: str | None = None
    """The subject as `InForce.about` names it; `None` where it has no effective dates."""
    field: str | None = None
    """The path in the changes of the event, where it is another one than in the answer."""
    explained: Explained | None = None
    lost: Sequence[LostValue] = ()


Values = Mapping[str, Value]
"""By path."""


def explanations(view: View, values: Values) -> Explanations:
    """Returns the explanation of each value, by its path."""
    return each_explained(view, {"": values})[""]


def each_explained(view: View, values: Mapping[str, Values]) -> dict[str, Explanations]:
    """Returns the explanations of the values of several things, by the thing's key; what they take is looked up for all of them at once."""
    together = [value for of_thing in values.values() for value in of_thing.values()]
    if not together:
        return {key: {} for key in values}
    positions = sorted({value.position for value in together})
    entries = {entry.position: entry for entry in entries_at(view, positions, changes=True, causes=False)}
    made = versions(view, {version for value in together for version in _related(entries[value.position], value)})
    return {
        key: {
            path: _explanation(view.valid_at, path, value, entries[value.position], made)
            for path, value in of_thing.items()
        }
        for key, of_thing in values.items()
    }


def stated(
    view: View,
    kind: type[Aggregate],
    subjects: Mapping[str, Mapping[str, Subject]],
    days: Mapping[str, date] = MappingProxyType({}),
) -> dict[str, dict[str, Value]]:
    """Returns the values at these paths of several things, by key, that the last word about each subject made so.

    `days` has the day of things for which another one is meant than that of the view.
    """
    wanted = {
        (key, path): Wanted(key, kind.id_of(view.company, key), *subject, days.get(key, view.valid_at))
        for key, of_thing in subjects.items()
        for path, subject in of_thing.items()
    }
    positions = stating(view, kind.KIND, list(dict.fromkeys(wanted.values())))
    return {
        key: {path: Value(positions[wanted[key, path]], path) for path in of_thing if wanted[key, path] in positions}
        for key, of_thing in subjects.items()
    }


def begun(view: View, kind: type[Aggregate], paths: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Value]]:
    """Returns the values at these paths of several things, by key, which the first event of each set for ever."""
    made = versions(view, [(kind.KIND, key, 1) for key in paths])
    return {
        key: dict.fromkeys(of_thing, Value(first.position)) if (first := made.get((kind.KIND, key, 1))) else {}
        for key, of_thing in paths.items()
    }


def changed(view: View, kind: type[Aggregate], paths: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Value]]:
    """Returns the values at these paths of several things, by key, each with the last event that changed it."""
    missing = {(key, path) for key, of_thing in paths.items() for path in of_thing}
    values: dict[str, dict[str, Value]] = {key: {} for key in paths}
    for entry in entries_of(view, kind.KIND, paths):
        if not missing:
            break
        for change in entry.changes:
            if (entry.key, change.field) in missing:
                missing.remove((entry.key, change.field))
                values[entry.key][change.field] = Value(entry.position)
    return values


def _related(entry: HistoryEntry, value: Value) -> Iterator[Version]:
    """Yields the versions of other things that tell of the way by which a value came."""
    if entry.topic in _ROWS and entry.data.get("upload") is not None:
        yield Upload.KIND, entry.data["upload"], 1
    if entry.data.get("interaction") is not None:
        yield Interaction.KIND, entry.data["interaction"], 1
    if (version := _class_version(value)) is not None:
        yield version


def _class_version(value: Value) -> Version | None:
    """Returns the version of a class that a value of a profile is of."""
    explained = value.explained
    if explained is None or explained.origin != CLASS or explained.profile_class is None:
        return None
    return (
        None
        if explained.class_version is None
        else (ProfileClass.KIND, explained.profile_class, explained.class_version)
    )


def _explanation(day: date, path: str, value: Value, entry: HistoryEntry, made: Mapping[Version, Made]) -> Explanation:
    change = _change(entry, value.field or path, day)
    days = _days(entry, value.about, day)
    return Explanation(
        event_id=entry.event_id,
        position=entry.position,
        topic=entry.topic,
        version=entry.version,
        recorded_at=entry.recorded_at,
        effective_from=None if days is None else days.first,
        effective_to=None if days is None else days.last,
        back_dated=entry.back_dated,
        actor=entry.actor,
        role=entry.role,
        source=entry.source,
        reason=entry.reason,
        correlation_id=entry.correlation_id,
        changed=change is not None,
        before=None if change is None else change.before,
        upload=_upload(path, entry, made),
        interaction=_interaction(entry, change, made),
        profile_class=_profile_class(value, entry, made),
        merge=_merge(path, value, entry, day),
    )


def _change(entry: HistoryEntry, field: str, day: date) -> ValueChange | None:
    """Returns the change of a value on a day; where the event changed it on other days only, the first of those changes."""
    changes = [change for change in entry.changes if change.field == field]
    on_day = (
        change
        for change in changes
        if change.effective_from is None or day in Days(change.effective_from, change.effective_to)
    )
    return next(on_day, changes[0] if changes else None)


def _days(entry: HistoryEntry, about: str | None, day: date) -> Days | None:
    """Returns the days around this one for which an event says something, else all days that the event has."""
    parts = [
        Days(part.effective_from, part.effective_to)
        for part in (*entry.in_force, *entry.superseded)
        if about in part.about
    ]
    own = None if entry.effective_from is None else Days(entry.effective_from, entry.effective_to)
    return next((days for days in joined(parts) if day in days), own)


def _upload(path: str, entry: HistoryEntry, made: Mapping[Version, Made]) -> ByUpload | None:
    upload = entry.data.get("upload") if entry.topic in _ROWS else None
    if upload is None:
        return None
    received = made.get((Upload.KIND, upload, 1))
    data: Mapping[str, Any] = {} if received is None else received.data
    target = path.removeprefix(_FIELD) if path.startswith(_FIELD) else NAME
    columns: Mapping[str, str] = data.get("columns", {})
    return ByUpload(
        upload=upload,
        file=data.get("file"),
        row=entry.data["row"],
        column=next((column for column, goes_to in columns.items() if goes_to == target), None),
        mapping=data.get("mapping"),
        mapping_version=data.get("mapping_version"),
    )


def _interaction(
    entry: HistoryEntry, change: ValueChange | None, made: Mapping[Version, Made]
) -> DuringInteraction | None:
    call = made.get((Interaction.KIND, entry.data.get("interaction") or "", 1))
    if call is None:
        return None
    return DuringInteraction(
        interaction=entry.data["interaction"],
        agent=call.data["agent"],
        customer=call.data["customer"],
        started_at=call.recorded_at,
        saw=None if change is None else change.before,
    )


def _profile_class(value: Value, entry: HistoryEntry, made: Mapping[Version, Made]) -> OfProfileClass | None:
    explained = value.explained
    if explained is None:
        return None
    version = _class_version(value)
    class_event = None if version is None else made.get(version)
    return OfProfileClass(
        level=explained.level,
        origin=explained.origin,
        profile_class=explained.profile_class,
        class_version=explained.class_version,
        class_event_id=None if class_event is None else class_event.event_id,
        propagated=entry.topic.endswith(_PROPAGATED),
    )


def _merge(path: str, value: Value, entry: HistoryEntry, day: date) -> OfMerge | None:
    """Returns the side that a value comes from; `None` where no merge brought it and none would have brought another."""
    brought_by = _brought_by(path, entry, day)
    lost = [lost for lost in value.lost if lost.customer != brought_by]
    if brought_by is None and not lost:
        return None
    return OfMerge(side="survivor" if brought_by is None else "other", brought_by=brought_by, lost=lost)


def _brought_by(path: str, entry: HistoryEntry, day: date) -> str | None:
    """Returns the number of the customer whose merge brought a value."""
    if entry.topic == customer.CustomerMerged.TOPIC:
        return str(entry.data["other"])
    if entry.topic != customer.CustomerValuesPutBack.TOPIC:
        return None
    kind, _, key = path.partition(".")
    members = ("fields", "personal_fields_put_back") if kind == "fields" else (kind,)
    groups = [entry.data.get(member) for member in members]
    put_back = [dated for group in groups if isinstance(group, dict) for dated in group.get(key, ())]
    dated_values = [customer.PutBack.model_validate(dated) for dated in put_back]
    return next((dated.brought_by for dated in dated_values if day in dated.days), None)
