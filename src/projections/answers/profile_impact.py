"""The answer to “which answers would this change of a profile make others?”: past ones, transactions, planned versions, and its digest.

The change is decided as in earnest (see `profile_preview`). What other levels hold comes from the read model `accounts`. A day of
transactions is told where what applies to them would differ (rule 2.13): a value that a site sets itself shields it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aggregates.account.impact import Effect, digest
from aggregates.account.place import Place
from aggregates.account.preview import ProfilePreview
from aggregates.account.profile import Profile
from aggregates.effective import Days, Timeline
from aggregates.impact import parts
from aggregates.setup.system_options import SystemOptions
from projections.accounts.many import Values, timelines_of
from projections.accounts.queries import number_of_sites, sites
from projections.accounts.tables import holder_id
from projections.answers.impact import counted, days_before, impact_members, range_members, with_same_fields
from projections.answers.profile_preview import superseded_read
from projections.answers.profile_preview_models import MOST_PLACES, MOST_SITES, ImpactPlace, ProfileImpact
from projections.reading.view import View
from projections.tables.plain import PlainValue, flat, plain


@dataclass(frozen=True, slots=True)
class _Levels:
    """What a transaction at a place meets besides the profile that is to change; `above` is `None` where nothing is above it."""

    below: Sequence[Timeline[Values]]
    above: Timeline[Values] | None = None


def profile_impact(view: View, preview: ProfilePreview, place: Place, today: date) -> ProfileImpact:
    """Returns the impact of a change of a place's profile. The view is of `accounts`."""
    effects = preview.effects()
    ranges = [(effect.days, _differing(_own(effect.before), _own(effect.after))) for effect in effects]
    places, sites_left_off = _places(view, effects, place) if effects else ({}, 0)
    transactions = [
        impact
        for affected, levels in places.items()
        if (impact := _transactions(affected, effects, levels, today)) is not None
    ]
    return ProfileImpact(
        **impact_members(digest(place, effects), ranges, today),
        transactions=transactions[:MOST_PLACES],
        transactions_left_off=max(len(transactions) - MOST_PLACES, 0),
        sites_left_off=sites_left_off,
        planned=superseded_read(preview.planned_losing()),
        deliveries=[],
    )


def _places(view: View, effects: Sequence[Effect], place: Place) -> tuple[dict[Place, _Levels], int]:
    """Returns the places whose transactions meet the profile, with what else they meet, and how many sites are left off."""
    days = effects[0].days.hull(effects[-1].days)
    system = SystemOptions.id_of(view.company, view.company)
    account = holder_id(view.company, Place(place.account))
    if place.site is not None:
        timelines = timelines_of(view, [system, account], days)
        return {place: _Levels([timelines[system], timelines[account]])}, 0
    page = sites(view, place.account, MOST_SITES)
    followers = {
        Place(place.account, item.site): holder_id(view.company, Place(place.account, item.site)) for item in page.items
    }
    timelines = timelines_of(view, [system, *followers.values()], days)
    below = [timelines[system]]
    levels = {follower: _Levels(below, timelines[holder]) for follower, holder in followers.items()}
    left_off = 0 if page.next_cursor is None else number_of_sites(view, place.account) - MOST_SITES
    return {place: _Levels(below), **levels}, left_off


def _transactions(place: Place, effects: Sequence[Effect], levels: _Levels, today: date) -> ImpactPlace | None:
    """Returns where other values would apply to transactions of a place; `None` where none would."""
    ranges = with_same_fields(_resolved(effects, levels))
    if not ranges:
        return None
    past = counted(days_before(today, (days for days, _ in ranges)))
    return ImpactPlace(account=place.account, site=place.site, past_days=past, **range_members(ranges))


def _resolved(effects: Sequence[Effect], levels: _Levels) -> Iterator[tuple[Days, list[str]]]:
    """Yields the days on which what applies would differ, and the paths of what would (rule 2.13)."""
    timelines = [*levels.below, *([] if levels.above is None else [levels.above])]
    for effect in effects:
        before, after = _values(effect.before), _values(effect.after)
        for days in parts(effect.days, *timelines):
            below = _merged(timeline.at(days.first) for timeline in levels.below)
            above = {} if levels.above is None else levels.above.at(days.first) or {}
            if fields := _differing({**below, **before, **above}, {**below, **after, **above}):
                yield days, fields


def _merged(levels: Iterable[Values | None]) -> Values:
    values: Values = {}
    for level in levels:
        values |= level or {}
    return values


def _own(profile: Profile | None) -> Mapping[str, PlainValue]:
    """Returns what the answer about a profile itself says, by path."""
    if profile is None:
        return {}
    return {"profile_class": profile.profile_class, "class_version": profile.class_version, **_values(profile)}


def _values(profile: Profile | None) -> Values:
    return {} if profile is None else flat(plain(profile.terms))


def _differing(before: Mapping[str, PlainValue], after: Mapping[str, PlainValue]) -> list[str]:
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
