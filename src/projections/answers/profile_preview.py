"""The answer to “what would this change of a profile do?”: periods with before and after, what is superseded, what resumes, warnings.

The change is decided as in earnest and not stored (`DryRunStore`). All of it comes from the log, but for the sites of the account, which
the read model `accounts` knows.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from aggregates.account.place import Place
from aggregates.account.preview import Period, ProfilePreview, ProfileVersion
from aggregates.account.profile import Profile
from aggregates.dry_run import DryRunStore
from aggregates.effective import Days, joined
from aggregates.profile_class.options import OPTIONS
from aggregates.setup.catalogue import SetupStore
from aggregates.use_case import Outcome
from projections.accounts.answers import label_of
from projections.accounts.models import AmountValues, OptionValues
from projections.accounts.queries import SitesFollowing
from projections.accounts.tables import holder_id
from projections.tables.plain import PlainValue, flat, plain
from store.application import Dossier

MOST_PERIODS: Final = 200
"""Periods that an answer holds."""


class WarningCode(StrEnum):
    """What people do not expect of a change: see the text of each warning."""

    BACK_DATED = "back_dated"
    SET_HERE_DROPPED = "set_here_dropped"
    PLANNED_SUPERSEDED = "planned_superseded"
    OTHER_CLASS_CHANGED = "other_class_changed"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class DayRange(_Model):
    """Whole days, both inclusive."""

    effective_from: date = Field(description="The first day.")
    effective_to: date | None = Field(description="The last day; `null`: open-ended.")


class PreviewProfile(_Model):
    """A profile with its values; those whose paths are in `set_here` were set here, all others come from the class."""

    profile_class: str = Field(description="Name of the class.")
    class_version: int = Field(description="The highest class version in it.")
    options: OptionValues = Field(description="Options that are set, by name.")
    amounts: AmountValues = Field(description="Amounts that are set, by currency and name.")
    attributes: dict[str, str] = Field(description="Free attributes by key.")
    set_here: list[str] = Field(description="Paths set on this account or site only, also those taken away there.")


class PreviewDifference(_Model):
    """A value, or the class, that differs before and after; `null` where it is not set."""

    field: str = Field(description="Path, such as `options.collector`, or `profile_class` or `class_version`.")
    label: str = Field(description="What a form calls it.")
    before: PlainValue | None = Field(description="The value now.")
    after: PlainValue | None = Field(description="The value that it would have.")
    before_origin: Literal["class", "here"] | None = Field(description="Where the value comes from now.")
    after_origin: Literal["class", "here"] | None = Field(description="Where the value would come from.")


class PreviewPeriod(DayRange):
    """Days on which the same is in force now and the same would be. Without a profile of its own, a site has its account's."""

    before: PreviewProfile | None = Field(description="The profile now; `null`: there is none.")
    after: PreviewProfile | None = Field(description="The profile that there would be; `null`: there would be none.")
    differences: list[PreviewDifference] = Field(
        description="What differs, in the order of a form; none where nothing changes."
    )
    dropped: list[str] = Field(description="Paths of values that were set here and would be dropped.")


class PreviewVersion(_Model):
    """A version of the profile, as the history names it."""

    version: int = Field(description="Version of the account or site that the event made.")
    event_id: UUID = Field(description="The event that made it.")
    profile_class: str | None = Field(description="Its class; `null`: the event ended a site's profile.")
    class_version: int | None = Field(description="Its class version; `null`: the event ended a site's profile.")


class PreviewSuperseded(PreviewVersion):
    """A version that would be superseded on some of the days on which it is in force."""

    wholly: bool = Field(description="Whether it would be in force on no day any more.")
    days: list[DayRange] = Field(description="The days on which it would be superseded.")


class PreviewResumption(PreviewVersion, DayRange):
    """A version that would be interrupted, and would be in force again on these days."""


class PreviewPast(_Model):
    """The days in the past that the change is about."""

    count: int = Field(description="How many they are.")
    days: list[DayRange] = Field(description="The days before today.")
    changes_answers: bool = Field(
        description="Whether a question about one of them would be answered otherwise than until now."
    )


class PreviewSites(_Model):
    """How the sites of the account are concerned."""

    total: int = Field(description="Sites that the account has.")
    following: int = Field(
        description="Those without a profile of their own on at least one of the days: the account's applies to them."
    )


class PreviewWarning(_Model):
    """Something that people may not expect."""

    code: WarningCode = Field(description="What it is about.")
    text: str = Field(description="A sentence for the user.")
    days: list[DayRange] = Field(description="The days that it is about.")
    fields: list[str] = Field(description="Paths of the values that it is about, if it is about values.")


class ProfilePreviewRead(_Model):
    """The effect that a change of a profile would have. Nothing of it is recorded."""

    account: str = Field(description="Account number.")
    site: str | None = Field(description="Site number; `null`: the change is one of the account's profile.")
    version: int = Field(description="Version of the account or site that this was decided on.")
    today: date = Field(description="The business day that it was decided on.")
    changed: bool = Field(description="Whether the change would record anything.")
    periods: list[PreviewPeriod] = Field(description=f"The days that would change, in order: the first {MOST_PERIODS}.")
    periods_left_off: int = Field(description="How many periods there are besides.")
    superseded: list[PreviewSuperseded] = Field(description="Versions that would be superseded, wholly or in part.")
    resumes: list[PreviewResumption] = Field(description="Versions that would be in force again after it.")
    past: PreviewPast | None = Field(description="The days in the past; `null`: none.")
    sites: PreviewSites | None = Field(description="The account's sites; `null` for a change of a site's profile.")
    warnings: list[PreviewWarning] = Field(description="What people may not expect, each kind once.")


def plan(
    dossier: Dossier, place: Place, decide: Callable[[SetupStore], Outcome], today: date
) -> tuple[ProfilePreview, int]:
    """Decides on a change of a place's profile without storing it. Returns its effect, and the version that it was decided on.

    Raises what `decide` raises.
    """
    store = DryRunStore(dossier)
    version = decide(store).version
    recorded = dossier.facts(holder_id(dossier.company, place), version)
    return ProfilePreview(recorded, store.facts, today), version


def preview_read(
    preview: ProfilePreview, place: Place, version: int, today: date, sites: SitesFollowing | None
) -> ProfilePreviewRead:
    """Returns the answer about a change. `sites` are those of an account."""
    periods = preview.periods
    return ProfilePreviewRead(
        account=place.account,
        site=place.site,
        version=version,
        today=today,
        changed=preview.changed,
        periods=[_period(period) for period in periods[:MOST_PERIODS]],
        periods_left_off=max(0, len(periods) - MOST_PERIODS),
        superseded=[
            PreviewSuperseded(wholly=lost.wholly, days=_ranges(lost.days), **_version(lost.version))
            for lost in preview.superseded()
        ],
        resumes=[
            PreviewResumption(**_range(version.days), **_version(version.content)) for version in preview.resumptions()
        ],
        past=_past(preview),
        sites=None if sites is None else PreviewSites(total=sites.total, following=sites.following),
        warnings=list(_warnings(preview)),
    )


def _period(period: Period) -> PreviewPeriod:
    before, after = period.profile_before, period.after.profile
    return PreviewPeriod(
        **_range(period.days),
        before=_profile(before),
        after=_profile(after),
        differences=_differences(_valued(before), _valued(after)),
        dropped=sorted(period.dropped()),
    )


def _profile(profile: Profile | None) -> PreviewProfile | None:
    if profile is None:
        return None
    return PreviewProfile(
        profile_class=profile.profile_class,
        class_version=profile.class_version,
        set_here=sorted(profile.set_here()),
        **plain(profile.terms),
    )


_Valued = dict[str, tuple[PlainValue | None, Literal["class", "here"] | None]]
"""Values by path, each with its origin."""
_KINDS: Final = ("profile_class", "class_version", "options", "amounts", "attributes")
_ABOUT_CLASS: Final = {"profile_class": "Profile class", "class_version": "Class version"}


def _valued(profile: Profile | None) -> _Valued:
    if profile is None:
        return {}
    values: _Valued = {"profile_class": (profile.profile_class, None), "class_version": (profile.class_version, None)}
    return values | {path: (value, profile.mark(path).origin) for path, value in flat(plain(profile.terms)).items()}


def _differences(before: _Valued, after: _Valued) -> list[PreviewDifference]:
    not_set = (None, None)
    return [
        PreviewDifference(
            field=path,
            label=_ABOUT_CLASS.get(path) or label_of(path),
            before=before.get(path, not_set)[0],
            after=after.get(path, not_set)[0],
            before_origin=before.get(path, not_set)[1],
            after_origin=after.get(path, not_set)[1],
        )
        for path in sorted(before.keys() | after.keys(), key=_order)
        if before.get(path, not_set) != after.get(path, not_set)
    ]


def _order(path: str) -> tuple[int, int, str]:
    kind, _, name = path.partition(".")
    return _KINDS.index(kind), list(OPTIONS).index(name) if kind == "options" else 0, name


def _version(version: ProfileVersion) -> dict[str, Any]:
    profile = version.profile
    return {
        "version": version.version,
        "event_id": version.event_id,
        "profile_class": None if profile is None else profile.profile_class,
        "class_version": None if profile is None else profile.class_version,
    }


def _range(days: Days) -> dict[str, date | None]:
    return {"effective_from": days.first, "effective_to": days.last}


def _ranges(ranges: Sequence[Days]) -> list[DayRange]:
    return [DayRange(effective_from=days.first, effective_to=days.last) for days in ranges]


def _past(preview: ProfilePreview) -> PreviewPast | None:
    past = preview.past()
    if not past:
        return None
    count = sum(days.count() or 0 for days in past)
    return PreviewPast(count=count, days=_ranges(past), changes_answers=preview.changes_past_answers())


def _warnings(preview: ProfilePreview) -> Iterator[PreviewWarning]:
    if past := preview.past():
        count = sum(days.count() or 0 for days in past)
        effect = "changes" if preview.changes_past_answers() else "stays the same"
        text = f"The change concerns {_number(count, 'day')} in the past; what applies then {effect}."
        yield _warning(WarningCode.BACK_DATED, text, past)
    if dropping := [period for period in preview.periods if period.dropped()]:
        paths = sorted({path for period in dropping for path in period.dropped()})
        text = f"{_number(len(paths), 'value')} that {'was' if len(paths) == 1 else 'were'} set here would be dropped."
        yield _warning(WarningCode.SET_HERE_DROPPED, text, [period.days for period in dropping], paths)
    if planned := preview.planned_superseded():
        text = f"{_number(len(planned), 'planned version')} would be superseded, because the change has no end."
        yield _warning(WarningCode.PLANNED_SUPERSEDED, text, [version.days for version in planned])
    if others := preview.other_classes():
        classes = ", ".join(dict.fromkeys(version.content.profile_class for version in others))
        text = f"The days of another class would change, too, and keep their class: {classes}."
        yield _warning(WarningCode.OTHER_CLASS_CHANGED, text, [version.days for version in others])


def _warning(code: WarningCode, text: str, days: Sequence[Days], paths: Sequence[str] = ()) -> PreviewWarning:
    return PreviewWarning(code=code, text=text, days=_ranges(joined(days)), fields=list(paths))


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
