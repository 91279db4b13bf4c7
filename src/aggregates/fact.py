"""What every event carries: who, from where, why, when it was recorded, and the days on which it holds.

Every event class derives from `Fact` (or `EffectiveFact`). A fact is a frozen value without behaviour: the
aggregate that it belongs to decides when it is recorded and what it changes. Field types here are *types only*: a rule
(length, range, allowed codes) belongs to the deciding method, because a rule that is tightened later must not make a
stored fact unreadable. Stored topics are explicit and for ever; changes of shape go through `class_version` and
`upcast_vN_vM` static methods that take and mend the stored dictionary.
"""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from hashlib import sha1
from typing import Annotated, Any, ClassVar, Final, TypeVar
from uuid import UUID, SafeUUID

from eventsourcing.domain import OriginatorIDError, OriginatorVersionError
from eventsourcing.utils import register_topic
from pydantic import BaseModel, ConfigDict, ValidatorFunctionWrapHandler, WrapValidator

from aggregates.effective import Days
from aggregates.errors import InvalidError

NAMESPACE: Final = UUID("6f0c9a52-8d0e-5c7c-9a58-0d5f1f2f8a11")
"""Root of every name-based identifier: aggregate ids and event ids are UUIDv5 below it."""
MOST_EVENT_BYTES: Final = 262_144
"""Bytes of the stored state of one event (rule 0.11), personal values sealed and in base64: four bytes for three.

The mapper refuses to make a larger one; older ones are read whatever their size. What could be larger is several events in one commit.
"""
LONGEST_REASON: Final = 200
"""Characters."""
_NO_VERSION: Final = ~((0xF000 << 64) | (0xC000 << 48))
_VERSION_5: Final = (5 << 76) | (0x8000 << 48)
"""Bits of a UUID that say its variant and version."""
_MAKE: Final[Any] = object.__new__
_SET_INT: Final[Any] = vars(UUID)["int"].__set__
_SET_SAFETY: Final[Any] = vars(UUID)["is_safe"].__set__
"""What `UUID.__init__` does with its two members, which it forbids to set."""


class Role(StrEnum):
    """What a caller may do. The names are the ones that tokens carry."""

    ADMINISTRATOR = "administrator"
    AGENT = "agent"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"


class Source(StrEnum):
    """Where a change came from (rule 0.2)."""

    UI = "ui"
    API = "api"
    UPLOAD = "upload"
    PROPAGATION = "propagation"
    MERGE = "merge"
    CLI = "cli"


class Origin(BaseModel):
    """Who changed something, from where and why (rule 0.2). One origin serves all events of one command.

    `causation_id` names what caused the command's events: the request, or the event that a process reacted to. Event ids are
    derived from it, so that repeating the same cause at the same version gives the same event id. `impact` is the digest of the effect
    that whoever made the change had seen before, where they looked (see `aggregates.impact`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    actor: str
    role: Role
    source: Source
    correlation_id: UUID
    causation_id: UUID
    reason: str | None = None
    impact: str | None = None


class Erased(str):
    """What a personal value reads as once its key is destroyed (rule 5.1). Never an error, never equal to a real value."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Erased)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, Erased)

    def __hash__(self) -> int:
        return hash(Erased)


ERASED: Final = Erased("[erased]")


class _Personal:
    """Marks a field whose value is encrypted in the log with the key of its customer."""


def _keep_erased(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    return value if isinstance(value, Erased) else validate(value)


_T = TypeVar("_T")
Personal = Annotated[_T, _Personal(), WrapValidator(_keep_erased)]
"""`Personal[str]`: a personal value. The mapper stores it encrypted; reading it after erasure gives `ERASED`."""


class Fact(BaseModel):
    """An event: something that happened to one aggregate, never changed afterwards (rule 0.1).

    `originator_id` and `originator_version` place it in its aggregate, from version 1. `recorded_at` is given by the log, after
    it holds the append lock; it is `None` only while the fact is not yet stored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    TOPIC: ClassVar[str]
    APPLIER: ClassVar[tuple[type[Any], Callable[[Any, Any], None]]]
    """The class of the aggregate it belongs to, and the method there that assigns what it says: set by `Aggregate`."""
    class_version: ClassVar[int] = 1

    originator_id: UUID
    originator_version: int
    event_id: UUID
    company: str
    origin: Origin
    recorded_at: datetime | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "TOPIC" in cls.__dict__:
            register_topic(cls.TOPIC, cls)

    @classmethod
    @cache
    def personal_fields(cls) -> tuple[str, ...]:
        """Names of the fields that are encrypted in the log, in order: what is written by them is the same in every process."""
        marked = (
            name
            for name, field in cls.model_fields.items()
            if any(isinstance(mark, _Personal) for mark in field.metadata)
        )
        return tuple(sorted(marked))

    def mutate(self, aggregate: Any) -> Any:
        """Applies the fact, in order, to the aggregate it belongs to, and returns that; `None` stands for one without history.

        Called on recording and on replay.

        Raises:
            OriginatorIDError, OriginatorVersionError: it is not the next fact of this aggregate.
        """
        home, apply = self.APPLIER
        if aggregate is None:
            aggregate = home(self.originator_id)
            aggregate.company = self.company
        if self.originator_id.int != aggregate.id.int:
            raise OriginatorIDError(self.originator_id, aggregate.id)
        if self.originator_version != aggregate.version + 1:
            raise OriginatorVersionError(self.originator_version, aggregate.version + 1)
        apply(aggregate, self)
        aggregate.version = self.originator_version
        aggregate.changed_by = self.origin.actor
        aggregate.changed_at = self.recorded_at
        return aggregate


class EffectiveFact(Fact):
    """A fact that holds on business days: whole days, both ends inclusive, `None` = open-ended (rule 0.2)."""

    ABOUT: ClassVar[str | None]
    """The subject for which it says what holds on its days, with its own fields in braces: `name`, `responses.{category}`. A later fact
    about the same subject supersedes it. `None`: it says nothing about its days. Not set where the read model `history` works it out."""

    effective_from: date
    effective_to: date | None = None

    @property
    def days(self) -> Days:
        """The days on which it holds."""
        return Days(self.effective_from, self.effective_to)


class EventTooLargeError(InvalidError):
    """A change would be an event above `MOST_EVENT_BYTES`; nothing of its command is stored."""

    def __init__(self, size: int) -> None:
        most = f"{MOST_EVENT_BYTES // 1024} KiB"
        super().__init__(
            f"This is too much for one change: {size:,} bytes, where {most} is the most. Make it in parts."
        )


def stream_id(company: str, kind: str, key: str) -> UUID:
    """The id of the aggregate of this kind and natural key: no lookup table is needed."""
    return _name_based(NAMESPACE, f"{company}/{kind}/{key}")


@lru_cache(maxsize=8)  # who decides needs it before the event is made
def event_id(causation_id: UUID, originator_id: UUID, originator_version: int) -> UUID:
    """The id of the event that this cause records at this version."""
    return _name_based(causation_id, f"{originator_id}/{originator_version}")


def _name_based(namespace: UUID, name: str) -> UUID:
    """`uuid5` without its checks: a contact file needs two million of them."""
    digest = int.from_bytes(sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()[:16], "big")
    uuid: UUID = _MAKE(UUID)
    _SET_INT(uuid, digest & _NO_VERSION | _VERSION_5)
    _SET_SAFETY(uuid, SafeUUID.unknown)
    return uuid
