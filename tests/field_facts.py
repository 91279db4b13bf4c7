"""Facts of business fields, interactions, uploads and merges, for the tests of aggregates, in the style of `scenario`.

`FIELDS` are the fields of those tests: the standard ones, and one of each further type. `FIELD_FACTS` has one of each event class.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from aggregates.customer import events as customer
from aggregates.customer.events import Held, PutBack
from aggregates.customer.profile import CustomerProfile
from aggregates.customer.rows import registration
from aggregates.customer.unmasking import Unmasking
from aggregates.effective import Days
from aggregates.fact import Fact, Origin
from aggregates.field import events as field
from aggregates.field.field import BusinessField, FieldDefinition, Group, Policy
from aggregates.field.standard import STANDARD
from aggregates.field.types import FieldType
from aggregates.interaction import events as interaction
from aggregates.interaction.interaction import Interaction
from aggregates.upload import events as upload
from aggregates.upload.mapping import UploadMapping
from aggregates.upload.upload import Upload
from scenario import FROM_TODAY, TODAY, fact_of

DIGEST: Final = "0" * 64


# Definitions


def definition(key: str, label: str, **of: Any) -> FieldDefinition:
    """A field as it is defined: of the group `business` and of type string, unless said otherwise."""
    return FieldDefinition(key=key, label=label, **{"group": Group.BUSINESS, "type": FieldType.STRING, **of})


FIELDS: Final[Mapping[str, FieldDefinition]] = {
    one.key: one
    for one in (
        *(definition(**{**raw, "group": Group(raw["group"]), "type": FieldType(raw["type"])}) for raw in STANDARD),
        definition("income", "Income", type=FieldType.DECIMAL, agent_editable=True),
        definition("segment", "Segment", type=FieldType.CHOICE, choices=("Gold", "Silver"), required=True),
        definition("phone", "Phone", type=FieldType.PHONE, personal=True, masked=True, agent_editable=True),
        definition("score", "Score", type=FieldType.INTEGER, agent_editable=True, policy=Policy.UPLOAD),
        definition("note", "Note", agent_editable=True, policy=Policy.AGENT),
        definition("old", "Old", active=False, agent_editable=True),
    )
}


def field_defined(key: str = "city", label: str = "City", **of: Any) -> Fact:
    return fact_of(field.FieldDefined, BusinessField, key, **_definition(key, label, **of))


def field_changed(key: str = "city", label: str = "City", **of: Any) -> Fact:
    return fact_of(field.FieldChanged, BusinessField, key, **_definition(key, label, **of))


def _definition(key: str, label: str, **of: Any) -> dict[str, Any]:
    plain = {"key": key, "label": label, "group": "business", "type": "string", "agent_editable": False, "position": 0}
    plain |= {"required": False, "personal": False, "masked": False, "choices": [], "policy": "newest"}
    return plain | {"validators": [], "active": True} | of


# Values


def field_edited(
    key: str, value: str | None, on: Days = FROM_TODAY, *, during: str | None = None, number: str = "1001"
) -> Fact:
    of = FIELDS[key]
    said = {"personal_value" if of.personal else "value": value}
    payload = {"field": key, "label": of.label, "is_personal": of.personal, "cleared": value is None} | said
    return _customer(customer.BusinessFieldEdited, number, **payload, interaction=during, **_dates(on))


def row_uploaded(
    values: Mapping[str, str],
    on: Days = FROM_TODAY,
    *,
    row: int = 1,
    upload: str = "U-1",
    file: str | None = None,
    withheld: Sequence[str] = (),
    withheld_on: Mapping[str, Sequence[Days]] | None = None,
    number: str = "1001",
) -> Fact:
    partly = {key: [held(None, days) for days in stretches] for key, stretches in (withheld_on or {}).items()}
    payload = {"upload": upload, "row": row, "file": file, **_parted(values), "withheld": list(withheld)}
    payload |= {"withheld_on": partly or None}
    return _customer(customer.BusinessFieldsUploaded, number, **payload, **_dates(on))


def registered_by_row(
    values: Mapping[str, str],
    on: Days = FROM_TODAY,
    *,
    name: str = "Ada Byron",
    row: int = 1,
    upload: str = "U-1",
    number: str = "1001",
) -> Fact:
    payload = {"name": name, "upload": upload, "row": row, **_parted(values)}
    return _customer(customer.CustomerRegistered, number, **payload, **_dates(on))


def register_by_row(
    profile: CustomerProfile,
    origin: Origin,
    *,
    number: str,
    name: str,
    values: Mapping[str, str],
    definitions: Mapping[str, FieldDefinition],
    days: Days,
    upload: str,
    row: int,
    file: str | None = None,
) -> None:
    """Registers a new customer as a row of an upload does it (rules 3.2, 0.11)."""
    place: dict[str, Any] = {"upload": upload, "row": row, "file": file}
    payload, rest = registration(number, name, values, definitions, days, **place)
    profile.record(customer.CustomerRegistered, origin, **payload)
    profile.upload_fields(origin, rest, definitions, days, **place)


def _parted(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    personal = {key: value for key, value in values.items() if FIELDS[key].personal}
    return {"values": {key: values[key] for key in values if key not in personal}, "personal_values": personal}


# Merges


def held(value: str | None = None, on: Days = FROM_TODAY) -> Held:
    return Held(effective_from=on.first, effective_to=on.last, value=value)


def put_back(value: str, on: Days = FROM_TODAY, *, source: str = "merge", by: str | None = "1003") -> PutBack:
    return PutBack(effective_from=on.first, effective_to=on.last, value=value, source=source, brought_by=by)


def customer_merged(
    other: str = "1002",
    fields: Mapping[str, Sequence[Held]] | None = None,
    responses: Mapping[int, Sequence[Held]] | None = None,
    *,
    number: str = "1001",
) -> Fact:
    taken = {key: list(one) for key, one in (fields or {}).items()}
    personal = {key: one for key, one in taken.items() if FIELDS[key].personal}
    payload = {"fields": {key: taken[key] for key in taken if key not in personal}, "personal_fields_taken": personal}
    answered = {code: list(one) for code, one in (responses or {}).items()}
    return _customer(customer.CustomerMerged, number, other=other, **payload, responses=answered)


def merged_away(number: str = "1002", survivor: str = "1001") -> Fact:
    return _customer(customer.CustomerMergedAway, number, survivor=survivor)


def customer_unmerged(
    other: str = "1002",
    fields: Mapping[str, Sequence[Held]] | None = None,
    responses: Mapping[int, Sequence[Held]] | None = None,
    *,
    number: str = "1001",
) -> Fact:
    taken = {key: list(one) for key, one in (fields or {}).items()}
    answered = {code: list(one) for code, one in (responses or {}).items()}
    return _customer(customer.CustomerUnmerged, number, other=other, fields=taken, responses=answered)


def values_put_back(
    other: str = "1002",
    fields: Mapping[str, Sequence[PutBack]] | None = None,
    responses: Mapping[int, Sequence[PutBack]] | None = None,
    *,
    number: str = "1001",
) -> Fact:
    found = {key: list(one) for key, one in (fields or {}).items()}
    personal = {key: one for key, one in found.items() if FIELDS[key].personal}
    payload = {
        "fields": {key: found[key] for key in found if key not in personal},
        "personal_fields_put_back": personal,
    }
    answered = {code: list(one) for code, one in (responses or {}).items()}
    return _customer(customer.CustomerValuesPutBack, number, other=other, **payload, responses=answered)


def brought_back(number: str = "1002", survivor: str = "1001") -> Fact:
    return _customer(customer.CustomerBroughtBack, number, survivor=survivor)


def personal_data_erased(number: str = "1001") -> Fact:
    return _customer(customer.PersonalDataErased, number)


def masked_shown(*fields: str, number: str = "1001") -> Fact:
    return fact_of(customer.MaskedFieldsShown, Unmasking, number, number=number, fields=list(fields))


def masked_edit_refused(*fields: str, number: str = "1001") -> Fact:
    return fact_of(customer.MaskedFieldEditRefused, Unmasking, number, number=number, fields=list(fields))


def _customer(fact: type[Fact], number: str, **payload: Any) -> Fact:
    return fact_of(fact, CustomerProfile, number, number=number, **payload)


def _dates(on: Days) -> dict[str, date | None]:
    return {"effective_from": on.first, "effective_to": on.last}


# Interactions


def interaction_started(key: str = "I-1", customer: str = "1001", agent: str = "ann") -> Fact:
    payload = {"interaction": key, "customer": customer, "agent": agent}
    return fact_of(interaction.InteractionStarted, Interaction, key, **payload)


def interaction_ended(key: str = "I-1") -> Fact:
    return fact_of(interaction.InteractionEnded, Interaction, key, interaction=key)


def interaction_closed(key: str = "I-1") -> Fact:
    return fact_of(interaction.InteractionClosed, Interaction, key, interaction=key)


# Uploads


def mapping_saved(name: str = "crm", columns: Mapping[str, str] | None = None, **of: Any) -> Fact:
    payload = {"columns": dict(columns or {"Town": "city"}), "delimiter": None, "header": None} | of
    return fact_of(upload.UploadMappingSaved, UploadMapping, name, name=name, **payload)


def upload_received(key: str = "U-1", columns: Mapping[str, str] | None = None, **of: Any) -> Fact:
    payload = {"file": "contacts.csv", "size": 12, "digest": DIGEST, "columns": dict(columns or {"Town": "city"})}
    payload |= {"delimiter": None, "header": None, "effective_from": TODAY, "numbered_by": "line"} | of
    return fact_of(upload.UploadReceived, Upload, key, upload=key, **payload)


def upload_finished(key: str = "U-1", **counts: int) -> Fact:
    return fact_of(upload.UploadFinished, Upload, key, upload=key, **_counts(counts))


def upload_cancelled(key: str = "U-1", **counts: int) -> Fact:
    return fact_of(upload.UploadCancelled, Upload, key, upload=key, **_counts(counts))


def upload_refused(key: str = "U-1", reason: str = "The file is empty.", **counts: int) -> Fact:
    return fact_of(upload.UploadRefused, Upload, key, upload=key, reason=reason, **_counts(counts))


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {"rows": 0, "new": 0, "changed": 0, "unchanged": 0, "failed": 0, **counts}


PERSONAL: Final = "Zaphod"
"""What stands for every personal value in `FIELD_FACTS`."""
FIELD_FACTS: Final = (
    field_defined("city", "City", agent_editable=True),
    field_changed("city", "Town", agent_editable=True, position=3),
    registered_by_row({"city": "Bonn", "first_name": PERSONAL}, name=PERSONAL, number="2001"),
    row_uploaded(
        {"city": "Köln", "last_name": PERSONAL},
        row=2,
        withheld=["city"],
        withheld_on={"last_name": [Days(TODAY, TODAY)]},
        number="2001",
    ),
    field_edited("city", "Hamm", during="I-1", number="2001"),
    field_edited("first_name", PERSONAL, number="2001"),
    field_edited("first_name", None, number="2001"),
    customer_merged(
        "2002",
        {"loan_type": [held("car")], "last_name": [held(PERSONAL, Days(TODAY, TODAY))]},
        {7: [held("A")]},
        number="2001",
    ),
    merged_away("2002", "2001"),
    customer_unmerged("2002", {"loan_type": [held()]}, {7: [held()]}, number="2001"),
    values_put_back(
        "2002",
        {"city": [put_back("Bonn", source="upload", by=None)], "last_name": [put_back(PERSONAL)]},
        {7: [put_back("B", Days(TODAY, TODAY))]},
        number="2001",
    ),
    brought_back("2002", "2001"),
    personal_data_erased("2002"),
    masked_shown("phone", number="2001"),
    masked_edit_refused("phone", number="2001"),
    interaction_started(customer="2001"),
    interaction_ended(),
    interaction_closed(),
    mapping_saved(),
    upload_received(),
    upload_finished(rows=4, new=1, changed=1, unchanged=1, failed=1),
    upload_refused("U-2"),
    upload_cancelled("U-3"),
)
"""One of each event class of these families, as it may happen, in an order that can be stored."""
