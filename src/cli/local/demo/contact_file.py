"""The contact file of the demo company: eight rows, two of which are refused. `dossier work` reads it."""

from typing import Final

from aggregates.errors import ConflictError
from aggregates.upload.commands import save_mapping
from aggregates.upload.mapping import UploadMapping
from aggregates.use_case import Request
from cli.local.demo.steps import BILLING_SYSTEM, Calendar, Chain, step
from jobs.upload.receive import Reading, Receiving
from store.application import Dossier

MAPPING: Final = "boiler-loans"
_COLUMNS: Final = {
    "Customer": "customer_number",
    "E-mail": "e_mail",
    "Loan": "loan_type",
    "Loan no.": "loan_number",
    "Due": "due_date",
}
_ROWS: Final = (
    ("1001", "imogen.tarrant@example.com", "Heat pump loan", "BL-20417", 45),
    ("1002", "rufus.penhallow@example.com", "Boiler loan", "BL-20422", 12),
    ("1003", "saoirse(at)example.com", "Insulation loan", "BL-20425", 80),
    ("1004", "tobias.anandkerr@example.com", "Solar loan", "BL-20431", 150),
    ("1005", "w.obuyade@example.com", "Boiler loan", "BL-20440", None),
    ("1006", "accounts@hartwell-finch.example.com", "Oven replacement loan", "BL-20444", 200),
    ("1008", "ledger@millrace-textiles.example.com", "Motor efficiency loan", "BL-20451", 20),
    ("1011", "payables@tolland-bay.example.com", "Heat pump loan", "BL-20458", 300),
)
"""Refused are the address without an @ of 1003, and the date of 1005, which there is not."""


def contact_file(calendar: Calendar) -> Chain:
    """Returns the saved mapping and the file."""
    lines = [";".join(_COLUMNS)]
    for number, e_mail, loan, loan_number, due in _ROWS:
        day = f"{calendar.today.year}-02-31" if due is None else calendar.day(due).isoformat()
        lines.append(";".join((number, e_mail, loan, loan_number, day)))
    reading = Reading(f"boiler-loans-{calendar.today:%Y-%m}.csv", MAPPING)
    reason = "Monthly file of the loan department"
    return Chain(
        "contact file",
        (
            step(_save_new_mapping, actor=BILLING_SYSTEM, reason=reason),
            step(_upload, reading, "\r\n".join(lines).encode(), actor=BILLING_SYSTEM, reason=reason),
        ),
    )


def _save_new_mapping(dossier: Dossier, request: Request) -> None:
    if dossier.load(UploadMapping, MAPPING) is not None:
        raise ConflictError(f"There is a mapping {MAPPING}.")
    save_mapping(dossier, request, name=MAPPING, columns=_COLUMNS)


def _upload(dossier: Dossier, request: Request, reading: Reading, content: bytes) -> None:
    receiving = Receiving(dossier, reading)
    receiving.write(content)
    receiving.receive(request)
