"""Every event class and aggregate of Dossier. Importing it registers all stored topics."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import aggregates.account.account
import aggregates.account.site
import aggregates.customer.profile
import aggregates.customer.unmasking
import aggregates.interaction.interaction
import aggregates.setup.catalogue
import aggregates.setup.system_options
import aggregates.upload.mapping
import aggregates.upload.upload  # noqa: F401
from aggregates.account import events as account_events
from aggregates.aggregate import Aggregate
from aggregates.customer import events as customer_events
from aggregates.fact import Fact
from aggregates.field import events as field_events
from aggregates.interaction import events as interaction_events
from aggregates.profile_class import events as profile_class_events
from aggregates.profile_class.propagation import Propagation
from aggregates.setup import events as setup_events
from aggregates.upload import events as upload_events

FACTS: Final[dict[str, type[Fact]]] = {
    fact.TOPIC: fact
    for module in (
        setup_events,
        customer_events,
        profile_class_events,
        account_events,
        field_events,
        interaction_events,
        upload_events,
    )
    for fact in vars(module).values()
    if isinstance(fact, type) and issubclass(fact, Fact) and "TOPIC" in fact.__dict__
}
"""Event classes by stored topic, in order of definition."""

KEY_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "customer": ("number",),
    "unmasking": ("number",),
    "category": ("code",),
    "profile_class": ("name",),
    "propagation": ("profile_class", "applied_version"),
    "account": ("account",),
    "site": ("account", "site"),
    "field": ("key",),
    "interaction": ("interaction",),
    "upload_mapping": ("name",),
    "upload": ("upload",),
    "controls": (),
    "mappings": (),
    "system_options": (),
}
"""Payload fields that are the natural key of an aggregate family; none where a company has one aggregate of the family."""


def natural_key(family: str, company: str, payload: Mapping[str, Any]) -> str:
    """The natural key of the aggregate that a payload belongs to: `1001`, `A-7/S-1`, or the company."""
    fields = KEY_FIELDS[family]
    return "/".join(str(payload[field]) for field in fields) if fields else company


def aggregate_id(company: str, subject: str) -> UUID | None:
    """Returns the id of what a text such as `customer:1001` names, `None` where it may be several aggregates: the runs of a propagation."""
    family, _, key = subject.partition(":")
    return None if family == Propagation.KIND else _KINDS[family].id_of(company, key)


def check_keys(facts: Iterable[type[Fact]]) -> None:
    """Raises `TypeError` for an event class whose aggregate has no natural key in `KEY_FIELDS`."""
    for fact in facts:
        family = fact.TOPIC.partition(".")[0]
        if family not in KEY_FIELDS or not fact.model_fields.keys() >= set(KEY_FIELDS[family]):
            raise TypeError(f"Events of {fact.TOPIC} lack the natural key of their family: see KEY_FIELDS.")


check_keys(FACTS.values())
_KINDS: Final[dict[str, type[Aggregate]]] = {fact.TOPIC.partition(".")[0]: fact.APPLIER[0] for fact in FACTS.values()}
