"""The widget of a customer's business fields, at two clocks (rules 3.1, 3.3, 3.8, 5.2).

Called by the API and the command line with a view of the read models in `WIDGET`: the name and version that it shows are those of
`customers`. A value is masked where its field is masked, as known then or now: an earlier `known_at` is no way around a mask.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from orjson import Fragment
from pydantic import BaseModel, ConfigDict, Field

from aggregates.customer.merging import MergedAwayError
from aggregates.fact import Role
from projections.answers.widget_fields import WIDGET_FIELDS, Showing, ShownField, WidgetFields
from projections.customers.queries import OWNER
from projections.customers.tables import MERGES, NAMES
from projections.fields.queries import brought
from projections.fields.tables import VALUES, open_value_with
from projections.interactions.queries import OPEN_OF_AGENT, InteractionRead, interaction_read
from projections.reading.questions import Answered, Question, ask_view, json_of
from projections.reading.view import Seen, View
from projections.tables.bitemporal import in_force
from projections.tables.explanation import Explainable
from projections.tables.names import OF_CUSTOMER, customer_asked, open_name, storable
from store.database import Row

WIDGET: Final = ("fields", "customers")
"""The read models that a view for `widget` must be of."""
WIDGET_OF_AGENT: Final = (*WIDGET, "interactions")
"""The same where an agent reads it."""
BUSINESS_FIELDS: Final = "Business Fields"
OPTIONAL_BUSINESS_FIELDS: Final = "Optional Business Fields"


@dataclass(frozen=True, slots=True)
class Reader:
    """The person who reads the widget, and the role in which that person may also save."""

    actor: str
    role: Role


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class WidgetField(_Model):
    """A field and its value on the day, `None` where it has none.

    `masked`: the value is hidden behind `••••`. `editable`: agents may edit it, on a call and in its wrap-up. `source` is `edit`,
    `upload` or `merge`; `effective_from` and `effective_to` are the days, both inclusive, on which the value holds.
    """

    key: str
    label: str
    type: str
    value: str | None
    masked: bool
    editable: bool
    required: bool
    personal: bool
    choices: list[str]
    source: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None
    may_edit: bool | None = Field(
        None,
        exclude_if=lambda allowed: allowed is None,
        description="Whether the caller may edit the field, as a save would decide then (rule 3.4).",
    )
    refusal: str | None = Field(
        None,
        exclude_if=lambda text: text is None,
        description="Why the caller may not edit it, in the words of a refused save; absent where the caller may.",
    )


class WidgetGroup(_Model):
    """A section of the widget."""

    label: str
    fields: list[WidgetField]


class Widget(Explainable):
    """A customer's business fields. `version` is the customer's; `optional` is absent when no upload brought an optional field.

    `interaction` is the calling agent's open interaction with this customer, which a save names; it is absent where there is none.
    """

    number: str
    name: str
    title: str
    version: int
    valid_at: date
    known_at: datetime
    business: WidgetGroup
    optional: WidgetGroup | None = Field(None, exclude_if=lambda group: group is None)
    interaction: InteractionRead | None = Field(None, exclude_if=lambda interaction: interaction is None)

    @property
    def fields(self) -> list[WidgetField]:
        """All that is shown."""
        return [*self.business.fields, *(self.optional.fields if self.optional else ())]


def widget(
    view: View, number: str, *, sort: bool = False, unmask: bool = False, reader: Reader | None = None
) -> Widget | None:
    """The widget of a customer; `None` when there is none with this number, as known then.

    `sort`: each group ascending by label, whatever its case (rule 3.8). `unmask`: masked values are shown, which the caller must
    have recorded (rule 5.2). `reader`: each field says whether this person may edit it; for an agent the view is of `WIDGET_OF_AGENT`.
    """
    if not storable(number):
        return None
    answered = ask_view(view, question_of(reader), widget_asked(view.company, number, reader))
    content = widget_content(answered, sort=sort, unmask=unmask, reader=reader)
    return None if content is None else Widget.model_validate_json(json_of(content))


def question_of(reader: Reader | None) -> Question[WidgetFields]:
    """Returns the question that a reader's widget answers."""
    return ASKED_BY_AGENT if reader is not None and reader.role is Role.AGENT else ASKED


def widget_asked(company: str, number: str, reader: Reader | None) -> dict[str, Any]:
    """Returns the values of `question_of`."""
    return customer_asked(company, number) | {"agent": "" if reader is None else reader.actor}


def widget_content(
    answered: Answered[WidgetFields], *, sort: bool = False, unmask: bool = False, reader: Reader | None = None
) -> dict[str, Any] | None:
    """Returns the members of a `Widget`; see `widget`. Raises `MergedAwayError`."""
    if not answered.rows:
        return None
    seen, fields, number, subject = answered.seen, answered.setup, answered.values["number"], answered.values["subject"]
    (sealed, wrapped, version, survivor, has_optional), call = answered.rows[0][:_CALL], answered.rows[0][_CALL:_VALUE]
    if survivor is not None:
        raise MergedAwayError(number, survivor)
    key = seen.keys.unwrapped(subject, wrapped)
    name = str.__str__(open_name(key, NAMES.table, subject, sealed))
    values = {row[_VALUE]: _opened(key, subject, row[_VALUE:]) for row in answered.rows if row[_VALUE] is not None}
    kind = Showing(unmask, None if reader is None else reader.role, has_call=call[0] is not None)
    groups = {BUSINESS_FIELDS: fields.business, OPTIONAL_BUSINESS_FIELDS: fields.optional if has_optional else []}
    business, optional = (
        {"label": label, "fields": [field.content(values.get(field.key), kind) for field in _ordered(shown, sort=sort)]}
        for label, shown in groups.items()
    )
    return {
        "number": number,
        "name": name,
        "title": f"{name} {number}",
        "version": version,
        "valid_at": seen.valid_at,
        "known_at": seen.known_at,
        "business": business,
        **({"optional": optional} if optional["fields"] else {}),
        **({"interaction": _interaction(seen, call)} if call[0] is not None else {}),
    }


def _opened(key: bytes | None, subject: UUID, row: Row) -> Row:
    """The value in a row, and what else is told of it."""
    field, value, personal, *more = row
    return (str.__str__(open_value_with(key, subject, field, personal)) if value is None else value, *more)


def _interaction(seen: Seen, call: Row) -> Fragment:
    return Fragment(interaction_read(seen.known_at, *call).model_dump_json())


def _ordered(fields: list[ShownField], *, sort: bool) -> list[ShownField]:
    return sorted(fields, key=lambda field: field.label) if sort else fields


def _select(call: str) -> str:
    """The question's SQL: the customer, the agent's call with it, and each value in force of the fields that are shown."""
    return f"""
        SELECT owner.*, uploaded.*, call.*, value.*
        FROM ({OWNER} OFFSET 0) AS owner
        CROSS JOIN LATERAL (SELECT {_HAS_OPTIONAL} OFFSET 0) AS uploaded
        LEFT JOIN LATERAL ({call}) AS call ON true
        LEFT JOIN LATERAL (
            SELECT wanted.field, given.value, given.personal, given.source, lower(given.valid), upper(given.valid) - 1,
                   given.changed_by, given.changed_at
            FROM unnest(string_to_array(%(fields)s::text, ' ')) AS wanted (field)
            CROSS JOIN LATERAL (
                SELECT one.* FROM {VALUES.table} AS one
                WHERE one.number = %(number)s AND one.field = wanted.field AND {in_force("one")} OFFSET 0
            ) AS given
        ) AS value ON true
    """


_HAS_OPTIONAL: Final = f"""
    CASE WHEN %(optional)s::text <> '' THEN {brought("%(number)s", "string_to_array(%(optional)s::text, ' ')")} ELSE false END
"""
_WITH_AGENT: Final = f"""
    SELECT own.* FROM ({OPEN_OF_AGENT}) AS own
    WHERE own.customer = %(number)s OR own.customer = ANY ({MERGES.aliases("%(number)s")})
"""
"""An agent's open interaction with this customer, or with one whose merges led to it."""
_WITH_NOBODY: Final = """
    SELECT NULL::text, NULL::text, NULL::text, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz
"""
_CALL, _VALUE = 5, 11
"""Where the columns of the call and of the value begin."""
_ASKED: Final = (*OF_CUSTOMER, ("agent", "text"), ("fields", "text"), ("optional", "text"))
ASKED: Final = Question(WIDGET, _ASKED, _select(_WITH_NOBODY), WIDGET_FIELDS, WidgetFields.keys)
ASKED_BY_AGENT: Final = Question(WIDGET_OF_AGENT, _ASKED, _select(_WITH_AGENT), WIDGET_FIELDS, WidgetFields.keys)
