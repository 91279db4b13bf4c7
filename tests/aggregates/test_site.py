"""`Site`: created with nothing, its first profile, and the days on which it has none."""

from datetime import date

import pytest

from aggregates.account.holder import NoProfileError
from aggregates.account.site import Site, SiteExistsError, SiteProfileExistsError
from aggregates.effective import LAST_DAY, Days
from aggregates.profile_class.profile_class import ClassInactiveError, ProfileClass
from aggregates.texts import TextError
from profile_facts import (
    S1,
    by_now,
    class_defined,
    days,
    here,
    profile,
    site_assigned,
    site_created,
    site_ended,
    site_updated,
    terms,
    told_by,
)
from scenario import COMPANY, FROM_TODAY, LONG_AGO, ORIGIN, TODAY, given, given_no, told

LATE = terms({"USD": {"credit_limit": "10"}})
FIRST_PROFILE = site_assigned(profile(told_by(S1, 2), LATE, name="LATE"), days("2026-02-01"))
NO_PROFILE = "Site S-1 of account A-7 has no profile to end."


def late(*, active: bool = True) -> ProfileClass:
    found: ProfileClass = told(class_defined("LATE", LATE, active=active))
    return found


# Creating


def test_creating_a_site_assigns_nothing() -> None:  # rule 2.6
    given_no(Site, "A-7/S-1").when(lambda it: it.create(ORIGIN, account="A-7", number=" S-1 ")).then(site_created())
    site = told(site_created())
    assert site.profiles.versions == ()
    assert site.has_profile is False


def test_a_site_is_created_once_in_its_account() -> None:  # rule 2.6
    given(site_created()).when(lambda it: it.create(ORIGIN, account="A-7", number="S-1")).then_refused(
        SiteExistsError, "Account A-7 has a site S-1 already.", ("site",)
    )


def test_sites_are_numbered_within_their_account() -> None:  # rule 2.6
    assert Site.id_of(COMPANY, Site.key("A-7", "S-1")) != Site.id_of(COMPANY, Site.key("A-8", "S-1"))


@pytest.mark.parametrize("number", ["", "S 1", "S/1", "x" * 31])
def test_a_site_number_has_1_to_30_letters_digits_or_hyphens(number: str) -> None:  # rule 2.6
    text = "The site number must have 1 to 30 letters, digits or hyphens."
    given_no(Site, "A-7/S-1").when(lambda it: it.create(ORIGIN, account="A-7", number=number)).then_refused(
        TextError, text, ("site",)
    )


# The first profile


def test_creating_the_site_profile_assigns_the_first_class() -> None:  # rules 2.6, 2.7
    given(site_created()).when(lambda it: it.create_profile(ORIGIN, late(), FROM_TODAY)).then(
        site_assigned(profile(by_now(S1, 2), LATE, name="LATE"))
    )


@pytest.mark.parametrize(
    "after", [(FIRST_PROFILE,), (FIRST_PROFILE, site_ended(date(2026, 2, 10)))], ids=["in force", "ended"]
)
def test_a_second_create_is_refused(after: tuple[object, ...]) -> None:  # rule 2.6
    given(site_created(), *after).when(  # type: ignore[arg-type]
        lambda it: it.create_profile(ORIGIN, late(), FROM_TODAY)
    ).then_refused(
        SiteProfileExistsError,
        "Site S-1 of account A-7 has a profile already; assign another class or update it.",
        ("create",),
    )


def test_a_deactivated_class_cannot_be_the_first() -> None:  # rule 2.19
    given(site_created()).when(lambda it: it.create_profile(ORIGIN, late(active=False), FROM_TODAY)).then_refused(
        ClassInactiveError, "Profile class LATE is not active.", ("profile_class",)
    )


def test_a_site_without_a_profile_has_none_to_update() -> None:  # rule 2.6
    given(site_created()).when(lambda it: it.update(ORIGIN, {"options.risk_code": "R2"}, FROM_TODAY)).then_refused(
        NoProfileError,
        "Site S-1 of account A-7 has no profile on 2026-03-10 or later; assign a profile class first.",
        ("effective_from",),
    )


def test_an_update_concerns_this_site_only() -> None:  # rule 2.8
    given(site_created(), FIRST_PROFILE).when(
        lambda it: it.update(ORIGIN, {"options.risk_code": "R2"}, FROM_TODAY)
    ).then(
        site_updated(
            profile(
                told_by(S1, 2),
                terms({"USD": {"credit_limit": "10"}}, risk_code="R2"),
                name="LATE",
                marks={"options.risk_code": here(by_now(S1, 3))},
            ),
            None,
            "options.risk_code",
        )
    )


# Days without a profile


def test_a_site_may_have_days_without_a_profile() -> None:  # rule 2.12
    site = told(site_created(), FIRST_PROFILE)
    assert site.profile(date(2026, 1, 31)) is None
    assert site.profile(date(2026, 2, 1)) is not None


def test_an_ended_profile_holds_up_to_its_last_day() -> None:  # rule 2.14
    given(site_created(), FIRST_PROFILE).when(lambda it: it.end(ORIGIN, TODAY)).then(site_ended(date(2026, 3, 11)))
    site = told(site_created(), FIRST_PROFILE, site_ended(date(2026, 3, 11)))
    assert [version.days for version in site.profiles] == [days("2026-02-01", "2026-03-10")]
    assert site.has_profile is True


def test_keeping_later_ones_it_ends_up_to_the_day_before_the_next() -> None:  # rules 2.11, 2.14
    next_one = site_assigned(profile(told_by(S1, 3), LATE, name="LATE"), days("2026-05-01"))
    ended = site_ended(date(2026, 3, 11), date(2026, 4, 30))
    given(site_created(), FIRST_PROFILE, next_one).when(lambda it: it.end(ORIGIN, TODAY, keep_later=True)).then(ended)
    site = told(site_created(), FIRST_PROFILE, next_one, ended)
    assert [version.days for version in site.profiles] == [days("2026-02-01", "2026-03-10"), days("2026-05-01")]


@pytest.mark.parametrize("last_day", [date(2026, 3, 31), date(2026, 4, 30), LAST_DAY])
def test_keeping_later_ones_an_end_that_takes_no_day_records_nothing(last_day: date) -> None:  # rule 0.5
    first = site_assigned(profile(told_by(S1, 2), LATE, name="LATE"), days("2026-02-01", "2026-03-31"))
    next_one = site_assigned(profile(told_by(S1, 3), LATE, name="LATE"), days("2026-05-01"))
    given(site_created(), first, next_one).when(lambda it: it.end(ORIGIN, last_day, keep_later=True)).then_nothing()


def test_a_site_that_never_had_a_profile_has_none_to_end() -> None:  # rule 2.14
    given(site_created()).when(lambda it: it.end(ORIGIN, TODAY)).then_refused(NoProfileError, NO_PROFILE)


@pytest.mark.parametrize("last_day", [TODAY, date(2027, 1, 1), LAST_DAY])
def test_an_end_after_which_nothing_holds_records_nothing(last_day: date) -> None:  # rule 0.5
    ended = site_ended(date(2026, 3, 11))
    given(site_created(), FIRST_PROFILE, ended).when(lambda it: it.end(ORIGIN, last_day)).then_nothing()


def test_an_ended_site_may_be_assigned_again() -> None:  # rule 2.14
    given(site_created(), FIRST_PROFILE, site_ended(date(2026, 2, 10))).when(
        lambda it: it.assign(ORIGIN, late(), FROM_TODAY)
    ).then(site_assigned(profile(by_now(S1, 4), LATE, name="LATE")))


def test_before_its_end_the_profile_is_as_it_was() -> None:  # rules 0.1, 2.14
    site = told(site_created(), FIRST_PROFILE, site_ended(LONG_AGO))
    assert site.profiles.versions == ()
    site = told(site_created(), FIRST_PROFILE, site_ended(date(2026, 2, 2)))
    assert [version.days for version in site.profiles] == [Days(date(2026, 2, 1), date(2026, 2, 1))]
