"""The answer to “what would this change of a profile do?”: periods with before and after, what is superseded, what resumes, warnings.

The change is decided as in earnest and not stored (`DryRunStore`). All of it comes from the log, but for the sites of the account, which
the read model `accounts` knows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final, Literal

from aggregates.account.place import Place
from aggregates.account.preview import Period, ProfilePreview, ProfileVersion, SupersededVersion
from aggregates.account.profile import Profile
from aggregates.dry_run import DryRunStore
from aggregates.effective import Days, joined
from aggregates.profile_class.options import OPTIONS
from aggregates.use_case import Decides, Outcome
from projections.accounts.answers import label_of
from projections.accounts.queries import SitesFollowing
from projections.accounts.tables import holder_id
from projections.answers.impact import counted, day_range, past_read
from projections.answers.profile_preview_models import (
    MOST_PERIODS,
    PreviewDifference,
    PreviewPeriod,
    PreviewProfile,
    PreviewResumption,
    PreviewSites,
    PreviewSuperseded,
    PreviewWarning,
    ProfileImpact,
    ProfilePreviewRead,
    WarningCode,
)
from projections.tables.plain import PlainValue, flat, plain
from store.application import Dossier


def plan(
    dossier: Dossier, place: Place, decide: Callable[[Decides], Outcome], today: date
) -> tuple[ProfilePreview, int]:
    """Decides on a change of a place's profile without storing it. Returns its effect, and the version that it was decided on.

    Raises what `decide` raises.
    """
    dossier.renew_setup()
    store = DryRunStore(dossier)
    version = decide(store).version
    recorded = dossier.facts(holder_id(dossier.company, place), version)
    return ProfilePreview(recorded, store.facts, today), version


def preview_read(
    preview: ProfilePreview,
    place: Place,
    version: int,
    today: date,
    sites: SitesFollowing | None,
    *,
    impact: ProfileImpact | None = None,
) -> ProfilePreviewRead:
    """Returns the answer about a change. `sites` are those of an account, `impact` is told where it is given."""
    periods = preview.periods
    return ProfilePreviewRead(
        account=place.account,
        site=place.site,
        version=version,
        today=today,
        changed=preview.changed,
        periods=[_period(period) for period in periods[:MOST_PERIODS]],
        periods_left_off=max(0, len(periods) - MOST_PERIODS),
        superseded=superseded_read(preview.superseded()),
        resumes=[
            PreviewResumption(**_range(version.days), **_version(version.content)) for version in preview.resumptions()
        ],
        past=past_read(preview.past(), changes_answers=preview.changes_past_answers()),
        sites=None if sites is None else PreviewSites(total=sites.total, following=sites.following),
        warnings=list(_warnings(preview)),
        impact=impact,
    )


def superseded_read(versions: Iterable[SupersededVersion]) -> list[PreviewSuperseded]:
    """Returns versions that would lose days, as answers have them."""
    return [
        PreviewSuperseded(wholly=lost.wholly, days=[day_range(days) for days in lost.days], **_version(lost.version))
        for lost in versions
    ]


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


def _warnings(preview: ProfilePreview) -> Iterator[PreviewWarning]:
    if past := preview.past():
        count = counted(past)
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
    return PreviewWarning(code=code, text=text, days=[day_range(part) for part in joined(days)], fields=list(paths))


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
