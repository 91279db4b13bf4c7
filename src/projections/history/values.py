"""The values in events: what each states about a subject, by path, and what an event changes that names the value before itself. Pure.

The content of an event is its JSON, personal values included. Paths are those of filters and answers: `name`, `fields.city`,
`responses.7`, `options.tolerance_percent`, `controls.K87`. Nothing at a path means that nothing holds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from aggregates.catalogue import FACTS
from aggregates.effective import Days
from aggregates.fact import Fact
from projections.history.statements import DEFINITION, FIELDS, NAME, UNDATED, Statement, has_statements
from projections.tables.plain import flat

Content = Mapping[str, Any]
Values = dict[str, Any]
"""Values by path."""
PRIMARY: Final = "primary"
FURTHER: Final = "further"
_PROFILE: Final = ("profile_class", "class_version")
_OF_SEVERAL: Final = ("profile", "options", DEFINITION)
_RESPONSE_DEFINED: Final = f"{UNDATED}responses."
_NAMING_ALL: Final = frozenset(
    {
        "account.profile_updated",
        "account.profile_propagated",
        "site.profile_updated",
        "site.profile_propagated",
        "system_options.changed",
    }
)
"""Topics of events that name the paths of what they changed, but for the class."""
IN_PLACE_OF: Final = frozenset(
    {
        "account.profile_class_assigned",
        "site.profile_class_assigned",
        "site.profile_ended",
        "upload_mapping.saved",
    }
)
"""Topics of events that take values away without naming them."""


def values_stated(topic: str, content: Content, family: str, subject: str, days: Days) -> Values:
    """What an event says of one subject on these days, throughout which it says the same."""
    return {path: value for path, value in _STATED[topic](content, family, subject, days) if value is not None}


def values_told(topic: str, content: Content) -> dict[str, tuple[Any, Any]]:
    """By path, the values before and after that an event itself names; none of most."""
    tell = _TOLD.get(topic)
    return {} if tell is None else {path: (before, after) for path, before, after in tell(content)}


def paths_touched(
    topic: str, content: Content, statements: Iterable[Statement], superseded: Iterable[tuple[str, Content]]
) -> set[str]:
    """The paths at which an event may have changed something, from its content and that of the events that it superseded, by topic.

    Those are wanted for topics `IN_PLACE_OF`. Which of the values were the same before is not looked at.
    """
    paths = {path for path, _, _ in _TOLD[topic](content)} if topic in _TOLD else set()
    for statement in statements:
        if not is_of_several(statement.family):
            paths.update(_paths_of(statement.family, statement.subjects))
        elif topic in _NAMING_ALL:
            paths |= {*content["changed"], *(_PROFILE if "profile" in content else ())}
        else:
            values = values_stated(topic, content, statement.family, "", statement.days)
            paths |= {*values, *content.get("changed", ())}
            for earlier_topic, earlier in superseded:
                paths |= values_stated(earlier_topic, earlier, statement.family, "", statement.days).keys()
    return paths


@lru_cache(maxsize=1_024)
def _paths_of(family: str, subjects: Sequence[str]) -> Sequence[str]:
    return [_path(path_of(family), subject) for subject in subjects]


def path_of(family: str) -> str:
    """A family of subjects as it is written in paths."""
    return family.removeprefix(UNDATED)


def _path(family: str, subject: str) -> str:
    return f"{family}.{subject}" if subject else family


def is_of_several(family: str) -> bool:
    """Returns whether one statement of a family is about values at several paths."""
    return family in _OF_SEVERAL or family.startswith(_RESPONSE_DEFINED)


Stated = Iterable[tuple[str, Any]]
Told = Iterable[tuple[str, Any, Any]]


def _name(content: Content, family: str, subject: str, days: Days) -> Stated:
    del subject, days
    yield family, content["name"]


def _registered(content: Content, family: str, subject: str, days: Days) -> Stated:
    return _name(content, family, subject, days) if family == NAME else _row(content, family, subject, days)


def _row(content: Content, family: str, subject: str, days: Days) -> Stated:
    del days
    yield f"{family}.{subject}", _merged(content, "values", "personal_values").get(subject)


def _edited(content: Content, family: str, subject: str, days: Days) -> Stated:
    del days
    yield f"{family}.{subject}", content.get("personal_value" if content["is_personal"] else "value")


def _response(content: Content, family: str, subject: str, days: Days) -> Stated:
    del subject, days
    yield family, content.get("response")


def _held(content: Content, family: str, subject: str, days: Days) -> Stated:
    """A value of a merge, or one that came to light; nothing of what a merge's undoing took away."""
    if family == FIELDS:
        path = f"{family}.{subject}"
        values = _merged(content, "fields", "personal_fields_taken", "personal_fields_put_back").get(subject, ())
    else:
        path, values = family, content["responses"].get(family.rpartition(".")[2], ())
    yield path, next((value.get("value") for value in values if days.first in _days(value)), None)


def _cleared(content: Content, family: str, subject: str, days: Days) -> Stated:
    del content, family, subject, days
    return ()


def _control(content: Content, family: str, subject: str, days: Days) -> Stated:
    del subject, days
    yield family, content["value"]


def _profile(content: Content, family: str, subject: str, days: Days) -> Stated:
    del family, subject, days
    profile = content["profile"]
    yield from ((name, profile[name]) for name in _PROFILE)
    yield from flat(profile["terms"]).items()


def _system_options(content: Content, family: str, subject: str, days: Days) -> Stated:
    del family, subject, days
    yield from flat(content["terms"]).items()


def _definition(*keys: str) -> Callable[[Content, str, str, Days], Stated]:
    """Returns the values of a definition: all but these keys of it, terms by their own paths, columns one by one."""

    def values(content: Content, family: str, subject: str, days: Days) -> Stated:
        del subject, days
        prefix = "" if "." not in family else f"{path_of(family)}."
        for name, value in content.items():
            if name == "terms":
                yield from flat(value).items()
            elif name == "columns":
                yield from ((f"columns.{column}", target) for column, target in value.items())
            elif name not in keys:
                yield f"{prefix}{name}", value

    return values


def _mapped(content: Content, family: str, subject: str, days: Days) -> Stated:
    del subject, days
    yield path_of(family), content["attribute"]


def _alternate_number(content: Content, family: str, subject: str, days: Days) -> Stated:
    del subject, days
    path = path_of(family)
    is_primary = path.rpartition(".")[2] == content["alternate_number"] and content.get("primary", True)
    yield path, PRIMARY if is_primary else FURTHER


def _state(state: str) -> Callable[[Content, str, str, Days], Stated]:
    def values(content: Content, family: str, subject: str, days: Days) -> Stated:
        del content, subject, days
        yield path_of(family), state

    return values


def _merged(content: Content, *names: str) -> Values:
    """The values in several members together; personal ones that are erased are no object any more."""
    values: Values = {}
    for name in names:
        member = content.get(name)
        values |= member if isinstance(member, dict) else {}
    return values


def _days(value: Content) -> Days:
    last = value.get("effective_to")
    return Days(date.fromisoformat(value["effective_from"]), None if last is None else date.fromisoformat(last))


_CATEGORY: Final = _definition("code", "response")
_STATED: Final[Mapping[str, Callable[[Content, str, str, Days], Stated]]] = {
    "customer.registered": _registered,
    "customer.renamed": _name,
    "customer.response_selected": _response,
    "customer.response_cleared": _response,
    "customer.field_edited": _edited,
    "customer.fields_uploaded": _row,
    "customer.merged": _held,
    "customer.unmerged": _cleared,
    "customer.values_put_back": _held,
    "customer.alternate_number_added": _alternate_number,
    "customer.primary_alternate_number_changed": _alternate_number,
    "customer.alternate_number_removed": _cleared,
    "controls.value_set": _control,
    "mappings.attribute_mapped": _mapped,
    "mappings.attribute_unmapped": _cleared,
    "system_options.changed": _system_options,
    "account.profile_class_assigned": _profile,
    "account.profile_updated": _profile,
    "account.profile_propagated": _profile,
    "site.profile_class_assigned": _profile,
    "site.profile_updated": _profile,
    "site.profile_propagated": _profile,
    "site.profile_ended": _cleared,
    "category.defined": _CATEGORY,
    "category.changed": _CATEGORY,
    "category.response_defined": _CATEGORY,
    "category.response_changed": _CATEGORY,
    "field.defined": _definition("key"),
    "field.changed": _definition("key"),
    "profile_class.defined": _definition("name"),
    "profile_class.changed": _definition("name", "changed", "apply_to"),
    "upload_mapping.saved": _definition("name"),
    "interaction.started": _state("on_call"),
    "interaction.ended": _state("wrap_up"),
    "interaction.closed": _state("closed"),
}
"""What events of a topic state, for every topic with statements."""


def _first(*names: str) -> Callable[[Content], Told]:
    """Returns what these members say, of which there was nothing before."""
    return lambda content: ((name, None, content.get(name)) for name in names)


def _became(state: str, before: str | None) -> Callable[[Content], Told]:
    return lambda _: (("state", before, state),)


def _default_moved(content: Content) -> Told:
    return (("default_response", content.get("from_response"), content.get("to_response")),)


def _run_started(content: Content) -> Told:
    return (("state", None if content.get("run") is None else "finished", "running"),)


_TOLD: Final[Mapping[str, Callable[[Content], Told]]] = {
    "category.default_response_moved": _default_moved,
    "customer.merged_away": lambda content: (("merged_into", None, content["survivor"]),),
    "customer.brought_back": lambda content: (("merged_into", content["survivor"], None),),
    "customer.personal_data_erased": lambda _: (("erased", None, True),),
    "account.opened": _first("customer"),
    "site.created": _first("account"),
    "interaction.started": _first("customer", "agent"),
    "propagation.started": _run_started,
    "propagation.finished": _became("finished", "running"),
    "upload.received": _became("received", None),
    "upload.finished": _became("finished", "received"),
    "upload.refused": _became("refused", "received"),
    "upload.cancelled": _became("cancelled", "received"),
}
"""What events of a topic tell of the value before themselves."""
UNCHANGING: Final = frozenset({"unmasking.shown", "unmasking.edit_refused"})
"""Topics of events that change nothing."""


def check_told(facts: Iterable[type[Fact]]) -> None:
    """Raises `TypeError` when nothing here says what an event class changes."""
    unknown = sorted(
        fact.TOPIC
        for fact in facts
        if fact.TOPIC not in UNCHANGING
        and (fact.TOPIC not in _STATED if has_statements(fact) else fact.TOPIC not in _TOLD)
    )
    if unknown:
        raise TypeError(f"What do events of {', '.join(unknown)} change? Say so in this module.")


check_told(FACTS.values())
