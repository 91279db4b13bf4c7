"""`dossier as-of` and `replay` of accounts and sites: the profile in force, and where each value comes from (rules 2.13, 2.20)."""

from aggregates.account.account import account_number
from aggregates.account.place import Place
from aggregates.account.site import site_number
from aggregates.clocks import AsOf
from cli.commands.ask_customer import days_of
from cli.errors import CliError
from cli.output import show
from cli.output.explanations import print_explanations
from cli.output.lines import say
from cli.output.profile_words import value_words
from cli.settings import Settings
from cli.wiring import open_dossier, open_reads
from projections.accounts.existence import check_exists, check_recorded, no_profile_in_force
from projections.accounts.models import Explained, ProfileRead
from projections.accounts.queries import profile
from projections.accounts.replay import replay_profile
from projections.answers.explained_accounts import explained_profile
from projections.answers.explanation import EXPLAINING
from projections.reading.read_models import clocks_of_log


class PlaceError(CliError):
    """The number does not name an account, or a site."""


def place_of(kind: str, number: str) -> Place:
    """Parses the account `A-7` or the site `A-7/S-1`. Raises `PlaceError`, `TextError`."""
    account, slash, site = number.partition("/")
    if bool(slash) != (kind == "site"):
        raise PlaceError("A site is written ACCOUNT/SITE." if kind == "site" else "An account is written ACCOUNT.")
    return Place(account_number(account), site_number(site) if slash else None)


def as_of(settings: Settings, place: Place, *, as_of: AsOf, explain: bool, as_json: bool) -> None:
    """Prints a profile. Raises `AccountNotFoundError`, `SiteNotFoundError`, `NoProfileInForceError`."""
    names = ("accounts", EXPLAINING) if explain else ("accounts",)
    with (
        open_reads(settings) as (_, reads),
        reads.view(*names, valid_at=as_of.valid_at, known_at=as_of.known_at) as view,
    ):
        explained = profile(view, place, explain=True)
        if explained is None:
            check_exists(view, place)
            above = profile(view, Place(place.account))
            raise no_profile_in_force(place, view.valid_at, above)
        explained = explained_profile(view, explained) if explain else explained
    _print(explained, as_json=as_json)


def replay(settings: Settings, place: Place, *, as_of: AsOf, as_json: bool) -> None:
    """Prints a profile as replayed from the log. Raises what `as_of` raises."""
    with open_dossier(settings) as dossier:
        clocks = clocks_of_log(dossier, as_of)
        explained = replay_profile(dossier, place, clocks, explain=True)
        if explained is None:
            check_recorded(dossier, place, clocks.known_at)
            above = replay_profile(dossier, Place(place.account), clocks)
            raise no_profile_in_force(place, clocks.valid_at, above)
    _print(explained, as_json=as_json)


def _print(explained: ProfileRead, *, as_json: bool) -> None:
    if as_json:
        show.document(explained)
        return
    say(
        f"Account {explained.account}"
        if explained.site is None
        else f"Site {explained.site} of account {explained.account}"
    )
    say(
        f"on {show.words(explained.valid_at)}, as known at {show.words(explained.known_at)}, version {explained.version}"
    )
    days = days_of(explained)
    say(f"{explained.profile_class}, class version {explained.class_version}, {days}")
    values = explained.explain or {}
    rows = [(path, value_words(value.value), _source(value), value.event_id) for path, value in values.items()]
    show.table(("", "value", "from", "event"), rows)
    removed = [path for path in explained.set_here if path not in values]
    if removed:
        say(f"Removed here: {', '.join(removed)}")
    if explained.explanations is not None:
        print_explanations(explained.explanations)


def _source(value: Explained) -> str:
    return "here" if value.origin == "here" else f"{value.profile_class} version {value.class_version}"
