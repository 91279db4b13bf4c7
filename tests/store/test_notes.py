"""Signed notes and heads: what is accepted, and that nothing else is."""

from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from store.proof.heads import open_head, sign_head
from store.proof.notes import NoteError, SigningKey, open_note, public_key, public_keys

KEY = SigningKey("dossier/demo", b"k" * 32)
OTHER = SigningKey("dossier/demo", b"o" * 32)
AT = datetime(2026, 11, 28, 9, 30, 0, 250_000, UTC)
ROOT = sha256(b"root").digest()


def test_a_head_is_a_checkpoint_that_any_reader_of_signed_notes_can_check() -> None:
    head = sign_head(KEY, 19, ROOT, AT)
    text, _, signatures = head.note.partition("\n\n")
    name, size, root, signed_at = text.splitlines()
    assert (name, size, signed_at) == ("dossier/demo", "19", "signed 2026-11-28T09:30:00.250000Z")
    assert b64decode(root) == ROOT
    dash, name, encoded = signatures.removesuffix("\n").split(" ")
    assert (dash, name) == ("\N{EM DASH}", "dossier/demo")
    signature, raw = b64decode(encoded), KEY.public.raw
    assert signature[:4] == sha256(b"dossier/demo\n\x01" + raw).digest()[:4]
    Ed25519PublicKey.from_public_bytes(raw).verify(signature[4:], f"{text}\n".encode())
    assert open_head(head.note, [OTHER.public, KEY.public]) == head


@pytest.mark.parametrize(
    ("old", "new"), [("\n19\n", "\n18\n"), ("dossier/demo\n19", "dossier/dem0\n19"), ("signed 2026", "signed 2025")]
)
def test_an_altered_head_is_refused(old: str, new: str) -> None:
    note = sign_head(KEY, 19, ROOT, AT).note
    assert old in note
    with pytest.raises(NoteError):
        open_head(note.replace(old, new, 1), [KEY.public])


def test_a_head_of_another_key_or_log_is_refused() -> None:
    with pytest.raises(NoteError, match="trusted"):
        open_head(sign_head(OTHER, 19, ROOT, AT).note, [KEY.public])
    with pytest.raises(NoteError, match="trusted"):
        open_head(sign_head(SigningKey("dossier/else", b"k" * 32), 19, ROOT, AT).note, [KEY.public])


@pytest.mark.parametrize(
    "note", ["", "text\n", "text\n\n", "text\n\nname c2ln\n", "text\n\n\N{EM DASH} dossier/demo §\n"]
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        open_note(note, [KEY.public])


@pytest.mark.parametrize("text", ["anything\n", "dossier/demo\nmany\nAAAA\nsigned 2026-11-28T09:30:00Z\n"])
def test_a_note_that_is_no_head_is_refused(text: str) -> None:
    assert open_note(KEY.sign(text), [KEY.public]).text == text
    with pytest.raises(NoteError, match="not a head"):
        open_head(KEY.sign(text), [KEY.public])


def test_public_keys_are_read_as_they_are_written() -> None:
    assert public_key(str(KEY.public)) == KEY.public
    assert public_keys(f"# of the demo company\n\n{KEY.public}\n{OTHER.public}\n") == [KEY.public, OTHER.public]


@pytest.mark.parametrize(
    "line",
    ["", "dossier/demo", "dossier/demo+00000000+AQ==", str(KEY.public)[:-4], str(KEY.public).replace("/demo", "/else")],
)
def test_what_is_no_public_key_is_refused(line: str) -> None:
    with pytest.raises(NoteError, match="Not a public key"):
        public_key(line)
