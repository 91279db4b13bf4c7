"""The meaning of each field of the API by its name, for the OpenAPI document: the same name means the same wherever it occurs.

A field whose model describes it keeps that description. A name that means something else in some schemas has an entry there
(`<schema>.<field>`). A test fails for a field that has neither.
"""

from typing import Final

from api.openapi.operations_glossary import DELIVERIES, OPERATIONS, RUNS, UPLOADS, of_schemas

_IDENTITY: Final = {
    "account": "The number of the account.",
    "aliases": "The numbers of the customers that were merged into this one.",
    "alternate_number": "An alternate number, such as a telephone number.",
    "alternate_numbers": "The alternate numbers: the primary one, further ones, then former ones.",
    "current": "Whether the number is on the customer's list.",
    "customer": "The number of the customer.",
    "customer_number": "The customer's number; `null` where none could be read.",
    "key": "The key of the business field; it is fixed for life.",
    "label": "The text that a form shows beside it.",
    "merged_away": "The number of the customer that was merged; from now on it leads to the survivor.",
    "merged_from": "The number that was given, where that customer was merged into this one.",
    "name": "The name.",
    "number": "The customer's number; it is fixed for life.",
    "other": "The number of the duplicate.",
    "primary": "Whether it is the customer's primary alternate number.",
    "registered_at": "When the customer was registered.",
    "site": "The number of the site within its account; `null` stands for the account itself.",
    "survivor": "The number of the customer that both are from now on.",
}
_TIME: Final = {
    "at": "The instant of this state.",
    "closed_at": "When the interaction was closed; `null` while it is open.",
    "created_at": "When the site was created.",
    "date": "The date of the transaction.",
    "defined_at": "When the class was defined.",
    "effective_from": "The first business day on which it holds.",
    "effective_to": "The last business day on which it holds, itself included; `null`: from the first day on.",
    "ended_at": "When the call ended and its wrap-up began; `null` while it goes on.",
    "known_at": "The instant of knowledge of this answer.",
    "known_from": "Since when the number has been known.",
    "known_to": "Until when the number was on the list; `null` while it is.",
    "opened_at": "When the account was opened.",
    "over_at": "When the upload came to its end; `null` while it has not.",
    "out_of_date": "Whether the customer goes by another number now, or by none.",
    "received_at": "When the file arrived.",
    "recorded_at": "When it was recorded.",
    "saved_at": "When this version was saved; `null` where that is not known.",
    "start": "The first business day of the account; today where it is left out.",
    "started_at": "When it began; `null` while it has not.",
    "finished_at": "When it ended; `null` while it has not.",
    "valid_at": "The business day of this answer.",
}
_WRITES: Final = {
    "changed": "Whether anything was recorded; `false` where all was as requested already.",
    "create": "Whether this is to be the site's first profile.",
    "force": "Send it although a later value was sent since.",
    "interaction": "The id of the interaction.",
    "keep_later": "Whether it ends before the next later-dated version instead of replacing it.",
    "keep_overrides": "Whether values that were set here go on under the new class.",
    "message": "A text for the user; `null` where there is none.",
    "position": "The position of the last event in the log; `null` when nothing was recorded. Reads wait for it in `Dossier-Position`.",
    "reason": "Why: a sentence that the history shows; `null` where none was given.",
    "version": "The version, as in `ETag` and `If-Match`; each change makes the next one.",
}
_DATED_BODIES: Final = (
    "Assignment SiteAssignment Confirmation FieldEdits NewControlValue ProfileChange Rename SystemOptionsChange"
)
_DATES_OF_BODIES: Final = {
    **of_schemas(
        f"{_DATED_BODIES} NewCustomer", effective_from="The first business day on which it holds; by default today."
    ),
    **of_schemas(
        _DATED_BODIES, effective_to="The last business day on which it holds, itself included; by default open-ended."
    ),
}
_HISTORY: Final = {
    "about": "The things that these days are about, such as `name`, `responses.1`, `fields.city` or `profile`.",
    "actor": "Who did it: the subject of the token.",
    "after": "The value afterwards; `null` where there is none.",
    "after_description": "What the response afterwards is called; `null` for anything else.",
    "back_dated": "Whether it holds from a day before the one on which it was recorded.",
    "before": "The value before; `null` where there was none.",
    "before_description": "What the response before was called; `null` for anything else.",
    "by": "The id of the event that superseded it on these days.",
    "correlation_id": "The id that ties together what belongs together, also in the logs.",
    "data": "What the event says, by the event's own field names.",
    "differences": "Everything that differs, one entry for each thing.",
    "event_id": "The id of the event that made it so.",
    "field": "The field that it is about, such as `name`, `responses.1` or `fields.city`.",
    "in_force": "The days on which it is in force at this instant of knowledge.",
    "path": "The value that it is about, such as `options.tolerance_percent` or `amounts.EUR.credit_limit`.",
    "role": "The role in which the actor did it.",
    "source": "The way by which it came.",
    "superseded": "The days on which a later event superseded it, and by which.",
    "superseded_by": "The id of the first event that superseded it on some day; `null` where none did.",
    "topic": "The kind of event.",
    **of_schemas("Diff", before="The point that is compared from.", after="The point that is compared to."),
    **of_schemas(
        "Diff", number="The number, code, key or name of what was compared; of what a company has one of, the company."
    ),
    **of_schemas("HistoryEntry ProfileVersion", version="The version that the event made."),
    **of_schemas("HistoryEntry", position="The position of the event in the log."),
    **of_schemas(
        "HistoryEntry", effective_from="The first business day of what the event says; `null` where it has no dates."
    ),
}
_SET_UP: Final = {
    "active": "Whether it can be used; what is inactive stays readable.",
    "agent_editable": "Whether agents may edit the field, on a call and in its wrap-up.",
    "attribute": "The name of the Customer Engagement attribute; `null` where nothing is mapped.",
    "choices": "The texts that can be chosen; empty unless the field is a choice.",
    "code": "The code; it is fixed for life.",
    "conditions": "The four conditions for the drawer to be displayed by itself.",
    "default": "Whether it is the response that is shown where none was stored.",
    "description": "The description that users see.",
    "group": "The section of the widget that shows the field.",
    "mapped": "What is mapped: `category:<code>` or `field:<key>`.",
    "masked": "Whether the value is hidden behind `••••`.",
    "personal": "Whether the field holds personal data, which is stored encrypted.",
    "policy": "What an upload does to a value that was edited by hand.",
    "required": "Whether it must have a value.",
    "responses": "The responses, by position, then code.",
    "searchable": "Whether customers can be found by the value of the field, as a whole.",
    "type": "The type of the field's values.",
    "validators": "Further checks that values must pass.",
    "value": "The value; `null` where there is none.",
    **of_schemas(
        "Category CategoryChange DrawerCategory FieldChange FieldRead NewCategory NewField NewResponse Response ResponseChange",
        position="The place in lists and forms: the lowest comes first.",
    ),
    **of_schemas(
        "CategoryChange FieldChange", required="Whether it must have a value; what is left out stays as it is."
    ),
    **of_schemas(
        "ControlValue", code="The code of the system control.", default="Whether no value was set for the day."
    ),
    **of_schemas("Condition", code="The condition.", text="The condition in words.", holds="Whether it holds."),
    **of_schemas("Confirmation", responses="The chosen responses by category code; `null` for the blank choice."),
    **of_schemas(
        "NewControlValue", value="The value to set; which values a control takes is told when one is refused."
    ),
}
_DRAWER: Final = {
    "available": "Whether there is anything to show.",
    "blank_offered": "Whether the blank choice is offered.",
    "business": "The Business Fields.",
    "categories": "The categories in the order in which they are shown.",
    "changed_at": "When the value was last set; `null` where there is none.",
    "changed_by": "Who set the value last; `null` where there is none.",
    "display": "Whether the drawer is displayed by itself, and why.",
    "displayed": "Whether the drawer is displayed by itself.",
    "editable": "Whether agents may edit the field, on a call and in its wrap-up.",
    "fields": "The fields of the section, in the order in which they are shown.",
    "optional": "The Optional Business Fields; absent where no upload brought one for the customer.",
    "shown": "Why the field shows this value.",
    "value_description": "What the shown response is called; `null` where the field is blank.",
    **of_schemas("FieldEdits", fields="The values by field key; `null` takes a value away."),
    **of_schemas("Widget", interaction="The caller's open interaction with this customer; `null` where there is none."),
    **of_schemas("Drawer Widget", title="The title that is shown above it.", name="The customer's name on the day."),
    **of_schemas("DrawerCategory", choices="The responses that can be chosen."),
    **of_schemas("InteractionRead NewInteraction", agent="The agent whose call it is; by default the caller."),
    **of_schemas("InteractionRead", state="Whether the call goes on, is being wrapped up, or is closed."),
    **of_schemas("InteractionChange", state="The state to change to."),
}
_PROFILES: Final = {
    "amounts": "Amounts by currency code, then by name; decimals are text.",
    "applies": "The profiles that apply on the date, level by level.",
    "apply_to": "The existing profiles that the change is for: `new` for none of them.",
    "attributes": "Free attributes by name.",
    "class_version": "The version of the class that the profile was made from.",
    "currency": "The currency whose amounts were requested; `null` for all.",
    "explain": "Where each value comes from, by path; `null` unless it was requested.",
    "has_profile": "Whether the site ever got a profile of its own.",
    "interest": "A fixed amount or a rate in percent, never both.",
    "level": "The level that the value comes from.",
    "options": "The options by name.",
    "origin": "Whether the value is the class's or was set here; `null` for a system option.",
    "profile_class": "The name of the profile class.",
    "set_here": "The values that were set on this account or site only, by path.",
    **of_schemas(
        "Applies",
        account="The account's profile; `null` where none is in force.",
        site="The site's own profile, if any.",
    ),
    **of_schemas("ClassVersion", changed="The paths of what this version changed."),
    **of_schemas(
        "ProfileVersion", changed="The paths that an update or a run wrote; an assignment writes all and names none."
    ),
    **of_schemas("ChangedValue", set_here="Whether the value had been set on this account or site only."),
    **of_schemas("ProfileEnd", effective_to="The last day of the site's profile; today where it is left out."),
}
_COMMON: Final = {
    "items": "The items of this page, in order.",
    "next_cursor": "The `cursor` of the next page; `null` on the last one.",
    "detail": "What went wrong, in a sentence for the user.",
}
_PROBLEM: Final = of_schemas(
    "Problem",
    type="The kind of problem; a page at this address explains it.",
    title="The kind of problem in words.",
    status="The status of the answer.",
)
_PARTS: Final = (
    *(_IDENTITY, _TIME, _WRITES, _DATES_OF_BODIES, _HISTORY, _SET_UP, _DRAWER, _PROFILES, RUNS, UPLOADS, DELIVERIES),
    *(OPERATIONS, _COMMON, _PROBLEM),
)
DESCRIPTIONS: Final = {field: text for part in _PARTS for field, text in part.items()}
"""Descriptions by `<field>`, and by `<schema>.<field>` where a name means something else."""
