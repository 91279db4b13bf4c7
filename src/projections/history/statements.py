"""The statements of events: what each says to hold, and on which days. Pure (rules 1.15, 2.11, 2.22, 3.10, 6.1).

The read model `history` folds statements, never an event itself: a later statement wins over the earlier ones about the same subject on
its days. Most events say themselves what they are about (`EffectiveFact.ABOUT`); those about fields, and merges, have a function here.
What an event withholds, it does not state. That nothing holds (a blank choice, a cleared field, an ended profile) is a statement, too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, get_args

from aggregates.catalogue import FACTS
from aggregates.customer import events as customer
from aggregates.customer.fields import taken_values
from aggregates.effective import EVER, Days
from aggregates.fact import EffectiveFact, Erased, Fact
from aggregates.field import events as field
from aggregates.interaction import events as interaction
from aggregates.profile_class import events as profile_class
from aggregates.setup import events as setup
from aggregates.upload import events as upload

NAME: Final = "name"
FIELDS: Final = "fields"
UNDATED: Final = "="
"""The first character of families without effective dates, whose statements are about all days: they are kept for what held before."""
DEFINITION: Final = f"{UNDATED}definition"
STATE: Final = f"{UNDATED}state"


@dataclass(frozen=True, slots=True)
class Statement:
    """What an event says about some subjects of its aggregate on the same days.

    `family` is `name`, `responses.<category>`, `fields`, `profile`, `options` or `controls.<code>`; without effective dates it is
    `=definition`, `=responses.<code>`, `=mappings.<mapped>`, `=alternate_numbers.<number>` or `=state`. Fields are the only family of
    several subjects, their keys; the others have one, which is blank.
    """

    family: str
    days: Days
    subjects: tuple[str, ...] = ("",)


Statements = Iterator[Statement]


def statements(fact: Fact) -> list[Statement]:
    """The statements of a fact; no two of them are about the same subject and day."""
    state = _STATES.get(type(fact))
    if state is not None:
        return list(state(fact))
    if not isinstance(fact, EffectiveFact) or fact.ABOUT is None:
        return []
    return [Statement(fact.ABOUT.format_map(vars(fact)), fact.days)]


def check_known(facts: Iterable[type[Fact]]) -> None:
    """Raises `TypeError` when an event class has days and does not say what it is about."""
    unknown = sorted(
        fact.TOPIC for fact in facts if has_days(fact) and fact not in _STATES and not hasattr(fact, "ABOUT")
    )
    if unknown:
        raise TypeError(f"What are events of {', '.join(unknown)} about? Set ABOUT in the class.")


def has_statements(fact: type[Fact]) -> bool:
    """Returns whether events of a class make statements."""
    return fact in _STATES or getattr(fact, "ABOUT", None) is not None


def has_days(fact: type[Fact]) -> bool:
    """Returns whether events of a class hold on days, or have values that do."""
    return issubclass(fact, EffectiveFact) or any(_is_dated(field.annotation) for field in fact.model_fields.values())


def _is_dated(annotation: Any) -> bool:
    """Returns whether a type is `Held`, or contains it."""
    if isinstance(annotation, type):
        return issubclass(annotation, customer.Held)
    return any(map(_is_dated, get_args(annotation)))


def abouts_of(family: str, subjects: str) -> list[str]:
    """Returns the names of the subjects, which are separated by spaces, as answers have them: `name`, `responses.7`, `fields.city`."""
    return [f"{family}.{subject}" if subject else family for subject in subjects.split(" ")]


def _registered(fact: customer.CustomerRegistered) -> Statements:
    yield Statement(NAME, fact.days)
    yield from _row(fact)


def _edited(fact: customer.BusinessFieldEdited) -> Statements:
    yield Statement(FIELDS, fact.days, (fact.field,))


def _row(fact: customer.CustomerRegistered | customer.BusinessFieldsUploaded) -> Statements:
    yield from _of_fields((key, (days,)) for key, _, _, days in taken_values(fact))


def _merged(fact: customer.CustomerMerged) -> Statements:
    yield from _of_values({**fact.fields, **_personal(fact.personal_fields_taken)}, fact.responses)


def _unmerged(fact: customer.CustomerUnmerged) -> Statements:
    yield from _of_values(fact.fields, fact.responses)


def _put_back(fact: customer.CustomerValuesPutBack) -> Statements:
    yield from _of_values({**fact.fields, **_personal(fact.personal_fields_put_back)}, fact.responses)


def _defined(fact: Fact) -> Statements:
    del fact
    yield Statement(DEFINITION, EVER)


def _response_defined(fact: setup.ResponseDefined | setup.ResponseChanged) -> Statements:
    yield Statement(f"{UNDATED}responses.{fact.response}", EVER)


def _attribute_mapped(fact: setup.AttributeMapped | setup.AttributeUnmapped) -> Statements:
    yield Statement(f"{UNDATED}mappings.{fact.mapped}", EVER)


def _alternate_number(
    fact: customer.AlternateNumberAdded | customer.PrimaryAlternateNumberChanged | customer.AlternateNumberRemoved,
) -> Statements:
    """Yields the statements about the number and about the one that it replaces as the primary one."""
    for number in filter(None, (fact.alternate_number, getattr(fact, "replaced", None))):
        yield Statement(f"{UNDATED}alternate_numbers.{number}", EVER)


def _state_changed(fact: Fact) -> Statements:
    del fact
    yield Statement(STATE, EVER)


def _personal(values: Any) -> Mapping[str, Any]:
    """Personal values by field; none once their key is destroyed."""
    return {} if isinstance(values, Erased) else values


def _of_values(
    fields: Mapping[str, Sequence[customer.Held]], responses: Mapping[int, Sequence[customer.Held]]
) -> Statements:
    """Yields the statements of a merge, of its undoing, or of the values that reappear after that."""
    yield from _of_fields((key, [value.days for value in dated_values]) for key, dated_values in fields.items())
    for category, dated_values in responses.items():
        for dated_value in dated_values:
            yield Statement(f"responses.{category}", dated_value.days)


def _of_fields(fields: Iterable[tuple[str, Iterable[Days]]]) -> Statements:
    """The statements about fields, each given with its days: those with the same days together, whatever the order they come in."""
    alike: dict[Days, list[str]] = {}
    for key, ranges in sorted(fields, key=itemgetter(0)):
        for days in ranges:
            alike.setdefault(days, []).append(key)
    for days, keys in alike.items():
        yield Statement(FIELDS, days, tuple(keys))


_STATES: Final[dict[type[Fact], Callable[[Any], Statements]]] = {
    customer.CustomerRegistered: _registered,
    customer.BusinessFieldEdited: _edited,
    customer.BusinessFieldsUploaded: _row,
    customer.CustomerMerged: _merged,
    customer.CustomerUnmerged: _unmerged,
    customer.CustomerValuesPutBack: _put_back,
    customer.AlternateNumberAdded: _alternate_number,
    customer.PrimaryAlternateNumberChanged: _alternate_number,
    customer.AlternateNumberRemoved: _alternate_number,
    setup.CategoryDefined: _defined,
    setup.CategoryChanged: _defined,
    setup.ResponseDefined: _response_defined,
    setup.ResponseChanged: _response_defined,
    setup.AttributeMapped: _attribute_mapped,
    setup.AttributeUnmapped: _attribute_mapped,
    field.FieldDefined: _defined,
    field.FieldChanged: _defined,
    profile_class.ProfileClassDefined: _defined,
    profile_class.ProfileClassChanged: _defined,
    upload.UploadMappingSaved: _defined,
    interaction.InteractionStarted: _state_changed,
    interaction.InteractionEnded: _state_changed,
    interaction.InteractionClosed: _state_changed,
}
"""Event classes that are about more than one subject, about days of values, or that have no effective dates; the others say it themselves:
`EffectiveFact.ABOUT`."""

check_known(FACTS.values())
