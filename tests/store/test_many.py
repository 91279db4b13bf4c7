"""Loading many aggregates at once, and terms that many events share: the same results as one by one, but faster."""

from uuid import uuid4

import orjson

from aggregates.account.account import Account
from aggregates.account.commands import update_profile
from aggregates.account.place import Place
from aggregates.account.site import Site
from aggregates.profile_class.terms import NOTHING, Terms
from propagation_helpers import company, request, site
from store import terms
from store.application import Dossier
from store.terms import KnownTerms


def test_many_aggregates_are_loaded_as_each_is_alone(dossier: Dossier) -> None:
    company(dossier, accounts=3)
    site(dossier, "A-2", "S-1")
    update_profile(dossier, request(), Place("A-3"), options={"risk_code": "LOW"})
    keys = [(Account, "A-1"), (Site, "A-2/S-1"), (Account, "A-3")]
    found = dossier.load_many([kind.id_of("demo", key) for kind, key in keys] + [uuid4()])
    assert len(found) == len(keys)
    for kind, key in keys:
        alone = dossier.load(kind, key)
        assert alone is not None
        many = found[alone.id]
        assert type(many) is kind
        assert {**vars(many)} == {**vars(alone)}
    assert dossier.load_many([]) == {}


def test_events_of_the_same_terms_share_them_and_are_stored_as_without(dossier: Dossier) -> None:
    company(dossier, accounts=2)
    first, second = (dossier.load(Account, number) for number in ("A-1", "A-2"))
    assert first is not None
    assert second is not None
    profiles = [next(iter(account.profiles)).content for account in (first, second)]
    assert profiles[0].terms is profiles[1].terms
    for number in ("A-1", "A-2"):
        for event in dossier.log_of_facts.select_events(Account.id_of("demo", number)):
            fact = dossier.fact_mapper.to_domain_event(event)
            assert dossier.fact_mapper.to_stored_event(fact).state == event.state
            own = orjson.loads(event.state).get("profile")
            assert own is None or Terms.model_validate(own["terms"]) == fact.profile.terms  # type: ignore[attr-defined]


def test_what_is_known_of_terms_is_bounded_and_forgetting_does_no_harm() -> None:
    known = KnownTerms()
    for number in range(terms.MOST_KNOWN + 10):
        stored = {"options": {"collector": f"C-{number}"}, "amounts": {}, "attributes": {}}
        read = known.read(stored)
        assert orjson.loads(orjson.dumps(known.to_json(read, _set))) == stored
        assert known.read(stored) is read or number % terms.MOST_KNOWN == 0
    assert len(known._by_bytes) <= terms.MOST_KNOWN
    assert len(known._by_object) <= terms.MOST_KNOWN


def test_terms_that_cannot_be_read_are_left_to_whoever_validates_the_event() -> None:
    known = KnownTerms()
    for state in ({}, {"profile": None}, {"profile": {"terms": "none"}}):
        before = dict(state)
        known.put_into(state)
        assert state == before
    state = {"profile": {"terms": {"options": {}, "amounts": {}, "attributes": {}}}}
    known.put_into(state)
    assert state["profile"]["terms"] == NOTHING


def _set(part: object) -> dict[str, object]:
    return {name: value for name, value in vars(part).items() if value is not None}
