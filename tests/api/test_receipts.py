"""What the API gives away is checked without it: receipts of answers, histories with proofs, proofs of events (`dossier verify FILE`)."""

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from typer.testing import CliRunner, Result

from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Role
from api_client import Api, assert_problem, register
from cli.main import app
from rfc6962 import entry_of_stored, root_by_path

PROVED = "/v1/history?format=ndjson&proof=true"
Lines = list[bytes]


@pytest.fixture
def keys(api: Api, tmp_path: Path) -> Path:
    """The file of public keys that somebody keeps."""
    path = tmp_path / "keys.txt"
    items = api.get("/v1/proof/keys").json()["items"]
    path.write_text("".join(f"{key['public_key']}\n" for key in items))
    return path


def verified(path: Path, keys: Path, *arguments: str) -> Result:
    """`dossier verify FILE`, without any setting."""
    return CliRunner().invoke(app, ["verify", str(path), "--keys", str(keys), *arguments])


def result(path: Path, keys: Path) -> dict[str, Any]:
    """What is said of a file to machines."""
    return json.loads(verified(path, keys, "--json").stdout)["files"][0]  # type: ignore[no-any-return]


def saved(content: bytes | str, path: Path) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def receipt(answer: Response) -> str:
    return b64decode(answer.headers["Dossier-Receipt"]).decode()


def people(api: Api, count: int = 6) -> None:
    for number in range(1001, 1001 + count):
        register(api, str(number), f"Person {number}")


def test_a_receipt_says_what_was_answered_and_when(api: Api, runners: None, keys: Path, tmp_path: Path) -> None:
    register(api)
    path = "/v1/customers/1001?valid_at=2026-11-01"
    answer = api.seen(path, Role.AUDITOR, headers={"Dossier-Receipt": "true"})
    lines = receipt(answer).splitlines()
    assert lines[1:4] == [f"GET {path}", "as auditor", "valid at 2026-11-01"]
    assert lines[4] == f"known at {answer.headers['Dossier-Known-At']}"
    assert lines[6] == f"events {api.end()}"
    note, body = saved(receipt(answer), tmp_path / "receipt"), saved(answer.content, tmp_path / "answer")
    assert f"a receipt for GET {path}" in verified(note, keys, "--answer", str(body)).stdout
    saved(answer.content.replace(b"Ada", b"Eve"), body)
    refused = verified(note, keys, "--answer", str(body))
    assert refused.exit_code == 1
    assert "not the answer that the receipt was given for" in refused.stderr


def test_the_same_question_at_both_clocks_has_the_answer_of_its_receipt_later(
    api: Api, runners: None, keys: Path, tmp_path: Path
) -> None:  # rule 0.3
    register(api)
    first = api.seen("/v1/customers/1001?valid_at=2026-11-01", headers={"Dossier-Receipt": "true"})
    assert api.patch("/v1/customers/1001", {"name": "Another"}).status_code == 200
    known_at = first.headers["Dossier-Known-At"]
    again = api.seen(f"/v1/customers/1001?valid_at=2026-11-01&known_at={known_at}")
    note, body = saved(receipt(first), tmp_path / "receipt"), saved(again.content, tmp_path / "answer")
    assert verified(note, keys, "--answer", str(body)).exit_code == 0


def test_no_receipt_is_given_that_was_not_asked_for(api: Api, runners: None) -> None:
    register(api)
    assert "Dossier-Receipt" not in api.seen("/v1/customers/1001").headers
    assert "Dossier-Receipt" not in api.seen("/v1/customers/1001", headers={"Dossier-Receipt": "false"}).headers
    assert_problem(api.get("/v1/customers/1001", headers={"Dossier-Receipt": "yes"}), 422, "invalid")
    assert_problem(api.get("/v1/projections", headers={"Dossier-Receipt": "true"}), 422, "invalid")


def test_an_altered_receipt_is_refused(api: Api, runners: None, keys: Path, tmp_path: Path) -> None:
    register(api)
    note = receipt(api.seen("/v1/customers/1001", Role.AGENT, headers={"Dossier-Receipt": "true"}))
    refused = verified(saved(note.replace("as agent", "as auditor"), tmp_path / "receipt"), keys)
    assert refused.exit_code == 1
    assert "altered after it was signed" in refused.stderr


@pytest.mark.parametrize("order", ["", "&order=oldest"])
def test_a_history_proves_itself(api: Api, runners: None, keys: Path, tmp_path: Path, order: str) -> None:
    people(api)
    answer = api.seen(PROVED + order, Role.AUDITOR)
    first, *entries, last = answer.content.splitlines()
    head = json.loads(first)["head"].splitlines()
    assert json.loads(last)["receipt"].splitlines()[1] == f"GET {PROVED}{order}"
    plain = api.seen(f"/v1/history?format=ndjson{order}", Role.AUDITOR).content.splitlines()
    assert len(entries) == len(plain) == api.end() == int(head[1])
    for line, expected in zip(entries, plain, strict=True):
        entry = json.loads(line)
        proof = entry.pop("proof")
        entry.pop("so_far")
        assert entry == json.loads(expected)
        position, path = proof["event"]["position"], [b64decode(hash_) for hash_ in proof["path"]]
        assert position == entry["position"]
        leaf_content = entry_of_stored(proof["event"])
        assert root_by_path(leaf_content, position - 1, int(head[1]), path) == b64decode(head[2])
    file = saved(answer.content, tmp_path / "history.ndjson")
    assert f"a history of {api.end()} events" in verified(file, keys).stdout


def test_a_history_of_some_events_proves_itself_after_an_erasure(
    api: Api, runners: None, keys: Path, tmp_path: Path
) -> None:  # rule 5.1
    people(api)
    api.dossier.fact_mapper.keys.destroy(CustomerProfile.id_of(api.dossier.company, "1001"))
    answer = api.seen(f"{PROVED}&kind=customer&key=1001")
    file = saved(answer.content, tmp_path / "history.ndjson")
    assert (result(file, keys)["events"], result(file, keys)["fault"]) == (1, None)


def altered(member: str, value: str) -> Callable[[Lines], Lines]:
    def alter(lines: Lines) -> Lines:
        entry = json.loads(lines[2])
        proof = json.dumps(entry["proof"], separators=(",", ":"), ensure_ascii=False).encode()
        beginning, end = lines[2].split(proof)
        old = json.dumps(entry[member], separators=(",", ":"), ensure_ascii=False).encode()
        changed = beginning.replace(f'"{member}":'.encode() + old, f'"{member}":{value}'.encode())
        assert changed != beginning
        return [*lines[:2], changed + proof + end, *lines[3:]]

    return alter


def bent(old: bytes, new: bytes) -> Callable[[Lines], Lines]:
    def alter(lines: Lines) -> Lines:
        assert old in lines[2]
        return [*lines[:2], lines[2].replace(old, new), *lines[3:]]

    return alter


@pytest.mark.parametrize(
    ("alter", "position"),
    [
        (altered("actor", '"eve"'), 2),
        (altered("changes", "[]"), 2),
        (altered("data", "{}"), 2),
        (altered("recorded_at", '"2026-01-01T00:00:00Z"'), 2),
        (bent(b'\\"number\\"', b'\\"numbeR\\"'), 2),
        (
            bent(
                b'"version":1,"topic":"customer.registered","content"',
                b'"version":2,"topic":"customer.registered","content"',
            ),
            2,
        ),
        (lambda lines: [*lines[:2], *lines[3:]], 3),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], 3),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], 2),
        (lambda lines: [*lines[:-2], lines[-1]], None),
        (lambda lines: lines[:-1], None),
        (lambda lines: [*lines, lines[2]], None),
        (lambda lines: [*lines[:2], b"{}\n", *lines[3:]], None),
    ],
)
def test_what_was_altered_in_a_history_is_named(
    api: Api,
    runners: None,
    keys: Path,
    tmp_path: Path,
    alter: Callable[[Lines], Lines],
    position: int | None,
) -> None:
    people(api)
    lines = api.seen(f"{PROVED}&order=oldest").content.splitlines(keepends=True)
    file = saved(b"".join(alter(lines)), tmp_path / "history.ndjson")
    found = result(file, keys)
    assert found["fault"] is not None
    assert found["broken_position"] == position
    assert verified(file, keys).exit_code == 1


def test_the_proof_of_an_event_is_a_file_that_proves_itself(api: Api, keys: Path, tmp_path: Path) -> None:
    people(api)
    answer = api.get("/v1/proof/inclusion?position=2", Role.AUDITOR)
    file = saved(answer.content, tmp_path / "event.json")
    assert "is right: an event" in verified(file, keys).stdout
    saved(answer.content.replace(b'\\"number\\"', b'\\"numbeR\\"'), file)
    assert (result(file, keys)["broken_position"], verified(file, keys).exit_code) == (2, 1)


def test_a_head_is_a_file_that_proves_itself(api: Api, keys: Path, tmp_path: Path) -> None:
    people(api)
    note = api.get("/v1/proof/head").json()["note"]
    assert "is right: a head" in verified(saved(note, tmp_path / "head.txt"), keys).stdout


@pytest.mark.parametrize("content", ["", "anything\n", "{}", '{"head":1}\n', "dossier/x/receipt\n\n"])
def test_other_files_are_told_as_such(api: Api, keys: Path, tmp_path: Path, content: str) -> None:
    refused = verified(saved(content, tmp_path / "file"), keys)
    assert refused.exit_code == 1
    assert str(tmp_path / "file") in refused.stderr
    assert "Traceback" not in refused.output


def test_proofs_are_only_in_ndjson_files_and_not_for_agents(api: Api, runners: None) -> None:
    register(api)
    for form in ("json", "csv"):
        problem = assert_problem(api.seen(f"/v1/history?proof=true&format={form}"), 422, "invalid")
        assert [error["field"] for error in problem["errors"]] == ["proof"]
    assert_problem(api.get(PROVED, Role.AGENT), 403, "forbidden")


def test_a_file_with_proofs_is_refused_before_it_begins(
    api: Api, runners: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal that came after the first byte would look like a file without lines."""
    register(api)
    api.seen("/v1/history")
    monkeypatch.setattr("store.proof.notary.MOST_ON_DEMAND", 0)
    assert_problem(api.get(PROVED), 503, "behind")


@pytest.mark.parametrize("path", ["/v1/history", "/v1/customers/1001/history"])
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_file_has_no_receipt_in_a_header_and_says_so(api: Api, runners: None, path: str, form: str) -> None:
    """The digest of an answer that is made while it is sent is not known when its headers are."""  # rule 0.9
    register(api)
    problem = assert_problem(api.seen(f"{path}?format={form}", headers={"Dossier-Receipt": "true"}), 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == ["Dossier-Receipt"]
    assert "Dossier-Receipt" in api.seen(path, headers={"Dossier-Receipt": "true"}).headers


def test_files_are_checked_with_public_keys_only(keys: Path, tmp_path: Path) -> None:
    file = saved("", tmp_path / "file")
    assert CliRunner().invoke(app, ["verify", str(file)]).exit_code == 2
    assert CliRunner().invoke(app, ["verify", str(file), "--keys", str(keys), "--head", str(file)]).exit_code == 2
    assert CliRunner().invoke(app, ["verify", "--answer", str(file)]).exit_code == 2
