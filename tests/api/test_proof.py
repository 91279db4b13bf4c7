"""Heads and proofs over HTTP, checked as a stranger would: with the public keys, and with RFC 6962 read a second time."""

import json
from base64 import b64decode
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import rfc6962
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Role
from api_client import Api, assert_problem, register
from store.proof.notary import Notary


def checked_head(api: Api, head: dict[str, Any]) -> bytes:
    """The root of a head, whose signature is right."""
    keys = {key["key_id"]: key["public_key"] for key in api.get("/v1/proof/keys").json()["items"]}
    text, _, signature_line = head["note"].partition("\n\n")
    raw = b64decode(keys[head["key_id"]].rpartition("+")[2])[1:]
    Ed25519PublicKey.from_public_bytes(raw).verify(b64decode(signature_line.split(" ")[2])[4:], f"{text}\n".encode())
    assert text.splitlines()[1:3] == [str(head["size"]), head["root"]]
    return b64decode(head["root"])


def decoded(path: list[str]) -> list[bytes]:
    return [b64decode(hash_) for hash_ in path]


def test_every_event_is_proved_to_be_under_the_head(api: Api) -> None:
    for number in range(1001, 1006):
        register(api, str(number))
    root, size = checked_head(api, api.get("/v1/proof/head", Role.AUDITOR).json()), api.end()
    entries = []
    for position in range(1, size + 1):
        proof = api.get(f"/v1/proof/inclusion?position={position}", Role.AUDITOR).json()
        entries.append(rfc6962.entry_of_stored(proof["event"]))
        assert proof["event"]["position"] == position
        assert b64decode(proof["leaf"]) == sha256(b"\0" + entries[-1]).digest()
        assert (proof["size"], checked_head(api, proof["head"])) == (size, root)
        assert rfc6962.root_by_path(entries[-1], position - 1, size, decoded(proof["path"])) == root
    assert rfc6962.mth(entries) == root


def test_each_head_is_proved_to_continue_the_ones_before(api: Api) -> None:
    heads = []
    for number in range(1001, 1008):
        register(api, str(number))
        heads.append(api.get("/v1/proof/head").json())
    assert [head["size"] for head in api.get("/v1/proof/heads").json()["items"]] == [head["size"] for head in heads]
    for old in heads:
        for new in heads[heads.index(old) :]:
            proof = api.get(f"/v1/proof/consistency?from={old['size']}&to={new['size']}", Role.AUDITOR).json()
            assert (proof["from_size"], proof["to_size"], proof["head"]) == (old["size"], new["size"], new)
            roots = checked_head(api, old), checked_head(api, new)
            assert rfc6962.roots_by_proof(roots[0], old["size"], new["size"], decoded(proof["path"])) == roots
    to_end = api.get(f"/v1/proof/consistency?from={heads[0]['size']}").json()
    assert to_end["to_size"] == api.end()


def test_a_proof_is_given_for_any_earlier_head(api: Api) -> None:
    register(api)
    old = api.get("/v1/proof/head").json()
    register(api, "1002")
    api.get("/v1/proof/head")
    proof = api.get(f"/v1/proof/inclusion?position=1&size={old['size']}").json()
    assert proof["head"] == old
    assert rfc6962.root_by_path(
        rfc6962.entry_of_stored(proof["event"]), 0, old["size"], decoded(proof["path"])
    ) == b64decode(old["root"])
    if old["size"] > 1:
        assert api.get(f"/v1/proof/inclusion?position=1&size={old['size'] - 1}").json()["head"] is None


def test_a_proof_has_no_personal_value_and_outlives_an_erasure(api: Api) -> None:  # rule 5.1
    register(api, "1001", "Ada Byron")
    position = api.end()
    before = api.get(f"/v1/proof/inclusion?position={position}").json()
    assert "Byron" not in before["event"]["content"]
    api.dossier.fact_mapper.keys.destroy(CustomerProfile.id_of(api.dossier.company, "1001"))
    assert api.get(f"/v1/proof/inclusion?position={position}").json() == before


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("inclusion", "position"),
        ("inclusion?position=0", "position"),
        ("inclusion?position=1&size=999", "size"),
        ("inclusion?position=2&size=1", "size"),
        ("consistency", "from"),
        ("consistency?from=2&to=1", "from"),
        ("consistency?from=1&to=999", "to"),
        ("heads?cursor=x", "cursor"),
    ],
)
def test_what_cannot_be_proved_is_refused_by_name(api: Api, path: str, field: str) -> None:
    register(api)
    register(api, "1002")
    api.get("/v1/proof/head")
    answer = api.get(f"/v1/proof/{path}")
    assert_problem(answer, 422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_position_beyond_the_log_is_not_found(api: Api) -> None:
    register(api)
    assert_problem(api.get(f"/v1/proof/inclusion?position={api.end() + 1}"), 404, "not-found")


def test_heads_come_in_pages_and_keys_stay_after_a_rotation(api: Api) -> None:
    register(api)
    old = api.get("/v1/proof/head").json()
    new = Notary(api.dossier.database, api.dossier.company, b"n" * 32).head()
    register(api, "1002")
    newest = api.get("/v1/proof/head").json()
    pages, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/v1/proof/heads?limit=1{cursor and f'&cursor={cursor}'}").json()
        pages += page["items"]
        cursor = page["next_cursor"]
    assert {(head["size"], head["key_id"]) for head in pages} == {
        (old["size"], old["key_id"]),
        (new.size, new.key_id),
        (newest["size"], newest["key_id"]),
    }
    keys = api.get("/v1/proof/keys", Role.AGENT).json()["items"]
    assert [(key["key_id"], key["signs"]) for key in keys] == [(old["key_id"], True), (new.key_id, False)]
    assert all(checked_head(api, head) for head in pages)


def test_a_tree_that_is_far_behind_is_told_as_such(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    register(api)
    monkeypatch.setattr("store.proof.notary.MOST_ON_DEMAND", 0)
    assert_problem(api.get("/v1/proof/head"), 503, "behind")


def test_the_log_is_verified_in_the_sight_of_who_asks(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1001, 1007):
        register(api, str(number))
    api.get("/v1/proof/head")
    monkeypatch.setattr("store.proof.check.AT_ONCE", 2)
    *states, result = map(json.loads, api.get("/v1/proof/verification", Role.AUDITOR).content.splitlines())
    assert [state["finished"] for state in states] == [False] * len(states)
    assert len(states) > 1
    assert result == {
        "events": api.end(),
        "last_position": api.end(),
        "finished": True,
        "signed_position": api.end(),
        "broken_position": None,
        "fault": None,
    }
    with api.dossier.database.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE events SET recorded_at = recorded_at + interval '1 hour' WHERE position = %s", [api.end()]
        )
    *_, result = map(json.loads, api.get("/v1/proof/verification", Role.AUDITOR).content.splitlines())
    assert (result["finished"], result["broken_position"]) == (True, api.end())
    assert "differs from its leaf" in result["fault"]
