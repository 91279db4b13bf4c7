"""What a preview of a change of a profile answers with: see `profile_preview` and `profile_impact`."""

from datetime import date
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from pydantic import Field

from projections.accounts.models import AmountValues, OptionValues
from projections.answers.impact import MOST_RANGES, DayRange, Impact, ImpactRange, Model, PreviewPast
from projections.reading.paging import LONGEST_PAGE
from projections.tables.plain import PlainValue

MOST_PERIODS: Final = 200
"""Periods that an answer holds."""
MOST_PLACES: Final = 100
"""Places that are told."""
MOST_SITES: Final = LONGEST_PAGE
"""Sites that are looked at."""


class WarningCode(StrEnum):
    """What people do not expect of a change: see the text of each warning."""

    BACK_DATED = "back_dated"
    SET_HERE_DROPPED = "set_here_dropped"
    PLANNED_SUPERSEDED = "planned_superseded"
    OTHER_CLASS_CHANGED = "other_class_changed"


class PreviewProfile(Model):
    """A profile with its values; those whose paths are in `set_here` were set here, all others come from the class."""

    profile_class: str = Field(description="Name of the class.")
    class_version: int = Field(description="The highest class version in it.")
    options: OptionValues = Field(description="Options that are set, by name.")
    amounts: AmountValues = Field(description="Amounts that are set, by currency and name.")
    attributes: dict[str, str] = Field(description="Free attributes by key.")
    set_here: list[str] = Field(description="Paths set on this account or site only, also those taken away there.")


class PreviewDifference(Model):
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


class PreviewVersion(Model):
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


class PreviewSites(Model):
    """How the sites of the account are concerned."""

    total: int = Field(description="Sites that the account has.")
    following: int = Field(
        description="Those without a profile of their own on at least one of the days: the account's applies to them."
    )


class PreviewWarning(Model):
    """Something that people may not expect."""

    code: WarningCode = Field(description="What it is about.")
    text: str = Field(description="A sentence for the user.")
    days: list[DayRange] = Field(description="The days that it is about.")
    fields: list[str] = Field(description="Paths of the values that it is about, if it is about values.")


class ImpactPlace(Model):
    """An account or site whose transactions would meet other values."""

    account: str = Field(description="Account number.")
    site: str | None = Field(description="Site number; `null`: transactions of the account itself.")
    past_days: int = Field(description="Days before today on which something else would apply.")
    ranges: list[ImpactRange] = Field(
        description=f"The days on which something else would apply: the first {MOST_RANGES} ranges."
    )
    ranges_left_off: int = Field(description="How many ranges there are besides.")


class ProfileImpact(Impact):
    """The answers that would differ if the change were made. A change that follows may carry the digest."""

    transactions: list[ImpactPlace] = Field(
        description=f"Where other values would apply to transactions: the first {MOST_PLACES} places, the account or site itself first."
    )
    transactions_left_off: int = Field(
        description="How many places there are besides, among those that were looked at."
    )
    sites_left_off: int = Field(description=f"How many sites were not looked at: all after the first {MOST_SITES}.")
    planned: list[PreviewSuperseded] = Field(description="Planned versions that would lose days, wholly or in part.")
    deliveries: list[UUID] = Field(
        description="Deliveries that were sent and would differ: none, because profiles of accounts and sites are not sent."
    )


class ProfilePreviewRead(Model):
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
    impact: ProfileImpact | None = Field(
        None, description="The answers that would differ; `null` where it was not asked for."
    )
