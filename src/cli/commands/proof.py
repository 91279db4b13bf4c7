"""`dossier proof`: a signed head of the log, and the public keys that heads and receipts are checked with."""

import sys

from cli.output import show
from cli.output.lines import say
from cli.settings import Settings
from cli.wiring import open_dossier
from store.proof.heads import as_text


def head(settings: Settings, *, as_json: bool) -> None:
    """Prints a head over everything that is recorded, as it was signed. Raises `BehindLogError`, `NotInTreeError`."""
    with open_dossier(settings) as dossier:
        signed = dossier.notary.head()
    if as_json:
        show.document(
            {
                "size": signed.size,
                "root": as_text(signed.root),
                "signed_at": signed.signed_at,
                "key_id": signed.key_id,
                "note": signed.note,
            }
        )
    else:
        sys.stdout.write(signed.note)


def public_keys(settings: Settings, *, as_json: bool) -> None:
    """Prints the public keys, the present one first."""
    with open_dossier(settings) as dossier:
        keys = [str(key) for key in dossier.notary.public_keys()]
    if as_json:
        show.document({"keys": keys})
    for key in keys if not as_json else ():
        say(key)
