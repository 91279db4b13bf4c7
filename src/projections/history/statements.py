"""What each kind of event says to hold, and on which days: one function an event family, pure (rules 1.15, 2.11, 2.22, 3.10, 6.1).

The read model `history` folds these, never an event itself: a later statement wins over the earlier ones about the same subject on
its days. What an event withholds, it does not say. That nothing holds (a blank choice, a cleared field, an ended profile) is said
like anything else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from aggregates.account import events as account
from aggregates.catalogue import FACTS
from aggregates.customer import events as customer
from aggregates.customer.fields import taken_values
from aggregates.effective import Days
from aggregates.fact import Erased, Fact
from aggregates.field import events as field
from aggregates.interaction import events as interaction
from aggregates.profile_class import events as profile_class
from aggregates.setup import events as setup
from aggregates.upload import events as upload

NAME: Final = "name"
FIELDS: Final = "fields"
PROFILE: Final = "profile"
OPTIONS: Final = "options"


@dataclass(frozen=True, slots=True)
class Statement:
    """What an event says about some subjects of its aggregate on the same days.

    `family` is `name`, `responses.<category>`, `fields`, `profile`, `options` or `controls.<code>`. Fields are the only family of
    several subjects, their keys; the others have one, which is blank.
    """

    family: str
    days: Days
    subjects: tuple[str, ...] = ("",)


Statements = Iterator[Statement]


def statements(fact: Fact) -> list[Statement]:
    """The statements of a fact about days; no two of its statements are about the same subject and day."""
    state = STATES.get(type(fact))
    return [] if state is None else list(state(fact))


def check_known(facts: Iterable[type[Fact]]) -> None:
    """Raises `TypeError` for an event class of which it is not said what it states about days, be it nothing."""
    unknown = sorted(fact.TOPIC for fact in facts if fact not in STATES and fact not in WITHOUT_DAYS)
    if unknown:
        raise TypeError(f"What do events of {', '.join(unknown)} state about days? Add them to STATES or WITHOUT_DAYS.")


def abouts_of(family: str, subjects: str) -> list[str]:
    """How answers name the subject of a statement; several subjects are separated by spaces: `name`, `responses.7`, `fields.city`."""
    return [f"{family}.{subject}" if subject else family for subject in subjects.split(" ")]


def _registered(fact: customer.CustomerRegistered) -> Statements:
    yield Statement(NAME, fact.days)
    yield from _row(fact)


def _renamed(fact: customer.CustomerRenamed) -> Statements:
    yield Statement(NAME, fact.days)


def _answered(fact: customer.ResponseSelected | customer.ResponseCleared) -> Statements:
    yield Statement(f"responses.{fact.category}", fact.days)


def _edited(fact: customer.BusinessFieldEdited) -> Statements:
    yield Statement(FIELDS, fact.days, (fact.field,))


def _row(fact: customer.CustomerRegistered | customer.BusinessFieldsUploaded) -> Statements:
    yield from _of_fields((key, (days,)) for key, _, _, days in taken_values(fact))


def _merged(fact: customer.CustomerMerged) -> Statements:
    yield from _taken({**fact.fields, **_personal(fact.personal_fields_taken)}, fact.responses)


def _unmerged(fact: customer.CustomerUnmerged) -> Statements:
    yield from _taken(fact.fields, fact.responses)


def _put_back(fact: customer.CustomerValuesPutBack) -> Statements:
    yield from _taken({**fact.fields, **_personal(fact.personal_fields_put_back)}, fact.responses)


def _personal(values: Any) -> Mapping[str, Any]:
    """Personal values by field; none once their key is destroyed."""
    return {} if isinstance(values, Erased) else values


def _taken(
    fields: Mapping[str, Sequence[customer.Held]], responses: Mapping[int, Sequence[customer.Held]]
) -> Statements:
    """The statements of a merge, of its undoing, or of what came to light by that."""
    yield from _of_fields((key, [value.days for value in held]) for key, held in fields.items())
    for category, held in responses.items():
        for answer in held:
            yield Statement(f"responses.{category}", answer.days)


def _profile(fact: Any) -> Statements:
    yield Statement(PROFILE, fact.days)


def _options(fact: setup.SystemOptionsChanged) -> Statements:
    yield Statement(OPTIONS, fact.days)


def _control(fact: setup.ControlValueSet) -> Statements:
    yield Statement(f"controls.{fact.code}", fact.days)


def _of_fields(fields: Iterable[tuple[str, Iterable[Days]]]) -> Statements:
    """The statements about fields, each given with its days: those with the same days together, whatever the order they come in."""
    alike: dict[Days, list[str]] = {}
    for key, ranges in sorted(fields, key=itemgetter(0)):
        for days in ranges:
            alike.setdefault(days, []).append(key)
    for days, keys in alike.items():
        yield Statement(FIELDS, days, tuple(keys))


STATES: Final[dict[type[Fact], Callable[[Any], Statements]]] = {
    customer.CustomerRegistered: _registered,
    customer.CustomerRenamed: _renamed,
    customer.ResponseSelected: _answered,
    customer.ResponseCleared: _answered,
    customer.BusinessFieldEdited: _edited,
    customer.BusinessFieldsUploaded: _row,
    customer.CustomerMerged: _merged,
    customer.CustomerUnmerged: _unmerged,
    customer.CustomerValuesPutBack: _put_back,
    account.AccountProfileClassAssigned: _profile,
    account.AccountProfileUpdated: _profile,
    account.AccountProfilePropagated: _profile,
    account.SiteProfileClassAssigned: _profile,
    account.SiteProfileUpdated: _profile,
    account.SiteProfilePropagated: _profile,
    account.SiteProfileEnded: _profile,
    setup.SystemOptionsChanged: _options,
    setup.ControlValueSet: _control,
}
WITHOUT_DAYS: Final[frozenset[type[Fact]]] = frozenset(
    {
        account.AccountOpened,
        account.SiteCreated,
        customer.AlternateNumberAdded,
        customer.AlternateNumberRemoved,
        customer.CustomerBroughtBack,
        customer.CustomerMergedAway,
        customer.MaskedFieldEditRefused,
        customer.MaskedFieldsShown,
        customer.PrimaryAlternateNumberChanged,
        field.FieldChanged,
        field.FieldDefined,
        interaction.InteractionClosed,
        interaction.InteractionEnded,
        interaction.InteractionStarted,
        profile_class.ProfileClassChanged,
        profile_class.ProfileClassDefined,
        profile_class.PropagationFinished,
        profile_class.PropagationStarted,
        setup.AttributeMapped,
        setup.AttributeUnmapped,
        setup.CategoryChanged,
        setup.CategoryDefined,
        setup.DefaultResponseMoved,
        setup.ResponseChanged,
        setup.ResponseDefined,
        upload.UploadCancelled,
        upload.UploadFinished,
        upload.UploadMappingSaved,
        upload.UploadReceived,
        upload.UploadRefused,
    }
)
"""Event classes that say of nothing on which days it holds."""

check_known(FACTS.values())
