"""The long log of a benchmark has the events that its accounts would have had, each with its digest."""

from benchmarks.long_log import EVENTS, FIRST_NUMBER, fill

from aggregates.account.account import Account
from store.application import Dossier
from store.events import digest_of


def test_copies_are_accounts_of_their_own(dossier: Dossier) -> None:
    accounts, copies = 3, 3
    fill(dossier, accounts, copies)
    end = dossier.log_of_facts.max_notification_id() or 0
    events = dossier.log_of_facts.select_notifications(end - accounts * copies * EVENTS + 1, 1_000)
    assert [event.id for event in events] == list(range(end - len(events) + 1, end + 1))
    assert len(events) == len({event.event_id for event in events}) == accounts * copies * EVENTS
    assert sorted(event.recorded_at for event in events) == [event.recorded_at for event in events]
    for number in range(FIRST_NUMBER, FIRST_NUMBER + accounts * copies):
        account = dossier.load(Account, number)
        first = dossier.load(Account, FIRST_NUMBER + (number - FIRST_NUMBER) % accounts)
        assert account is not None
        assert first is not None
        assert (account.number, account.version) == (f"{number}", EVENTS)
        assert account.profiles == first.profiles
        recorded = dossier.log_of_facts.select_events(account.id)
        assert [event.previous_digest for event in recorded] == [b"", *map(digest_of, recorded[:-1])]
