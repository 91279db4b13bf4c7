"""What `as-of` and `replay` do for accounts and sites: the profile in force, with what made every value so (rules 2.13, 2.20)."""

from datetime import date, datetime

from aggregates.account.account import account_number
from aggregates.account.place import Place
from aggregates.account.site import site_number
from cli.commands.ask_customer import days_of
from cli.errors import CliError
from cli.output import show
from cli.output.lines import say
from cli.output.profile_words import value_words
from cli.settings import Settings
from cli.wiring import open_dossier, open_reads
from projections.accounts.existence import check_exists, check_recorded, no_profile_in_force
from projections.accounts.models import Explained, ProfileRead
from projections.accounts.queries import profile
from projections.accounts.replay import replay_profile
from projections.reading.read_models import as_known_at


class PlaceError(CliError):
    """It is not said which account or site is meant."""


def place_of(kind: str, number: str) -> Place:
    """The account `A-7` or the site `A-7/S-1`. Raises `PlaceError`, `TextError`."""
    account, slash, site = number.partition("/")
    if bool(slash) != (kind == "site"):
        raise PlaceError("A site is written ACCOUNT/SITE." if kind == "site" else "An account is written ACCOUNT.")
    return Place(account_number(account), site_number(site) if slash else None)


def as_of(settings: Settings, place: Place, *, valid_at: date | None, known_at: datetime | None, as_json: bool) -> None:
    """Prints a profile. Raises `AccountNotFoundError`, `SiteNotFoundError`, `NoProfileInForceError`."""
    with (
        open_reads(settings) as (_, reads),
        reads.view("accounts", valid_at=valid_at, known_at=known_at) as view,
    ):
        found = profile(view, place, explain=True)
        if found is None:
            check_exists(view, place)
            above = profile(view, Place(place.account))
            raise no_profile_in_force(place, view.valid_at, above)
    _tell(found, as_json=as_json)


def replay(
    settings: Settings, place: Place, *, valid_at: date | None, known_at: datetime | None, as_json: bool
) -> None:
    """Prints a profile as the log tells it. Raises like `as_of`."""
    with open_dossier(settings) as dossier:
        known_at = as_known_at(dossier.database, known_at)
        day = valid_at or dossier.today()
        found = replay_profile(dossier, place, day, known_at, explain=True)
        if found is None:
            check_recorded(dossier, place, known_at)
            above = replay_profile(dossier, Place(place.account), day, known_at)
            raise no_profile_in_force(place, day, above)
    _tell(found, as_json=as_json)


def _tell(found: ProfileRead, *, as_json: bool) -> None:
    if as_json:
        show.document(found)
        return
    say(f"Account {found.account}" if found.site is None else f"Site {found.site} of account {found.account}")
    say(f"on {show.words(found.valid_at)}, as known at {show.words(found.known_at)}, version {found.version}")
    days = days_of(found.effective_from, found.effective_to)
    say(f"{found.profile_class}, class version {found.class_version}, {days}")
    rows = [(path, value_words(one.value), _from(one), one.event_id) for path, one in (found.explain or {}).items()]
    show.table(("", "value", "from", "event"), rows)
    gone = [path for path in found.set_here if path not in (found.explain or {})]
    if gone:
        say(f"Taken away here: {', '.join(gone)}")


def _from(one: Explained) -> str:
    return "here" if one.origin == "here" else f"{one.profile_class} version {one.class_version}"
