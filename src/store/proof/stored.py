"""An event as it is stored, in JSON: all that its leaf hashes, so that whoever has it can compute the leaf. Sealed values stay sealed."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from store.events import RecordedEvent, recorded_event
from store.proof.tree import leaf_of


class StoredEvent(BaseModel):
    """An event as it is stored. Its leaf is `SHA-256(0x00 || d)`.

    `d` is SHA-256 over `previous_digest`, the 16 bytes each of `originator_id`, `event_id` and `correlation_id`, then the text
    `<version>/<microseconds of recorded_at since 1970>/<topic>`, a zero byte, and `content`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    position: int = Field(description="Its position in the log; its leaf has the number before.")
    originator_id: UUID = Field(description="The id of what it is about.")
    version: int = Field(description="Which event about that it is, from 1.")
    topic: str = Field(description="What it says, such as `customer.renamed`.")
    content: str = Field(description="What it says in full: the text as it is stored, personal values sealed.")
    event_id: UUID = Field(description="Its id.")
    recorded_at: datetime = Field(description="When it was recorded.")
    correlation_id: UUID = Field(description="The id that ties together what belongs together.")
    previous_digest: str = Field(
        description="Base64 of the digest of the event before it about the same; empty for the first."
    )

    def leaf(self) -> bytes:
        """Returns its leaf hash. Raises `ValueError` where the digest is not base64."""
        columns = (self.originator_id, self.version, self.topic, self.content.encode(), self.position, self.event_id)
        previous = b64decode(self.previous_digest, validate=True)
        return leaf_of(recorded_event((*columns, self.recorded_at.astimezone(UTC), self.correlation_id, previous)))


def stored_event(event: RecordedEvent) -> StoredEvent:
    """Returns an event as it is stored."""
    return StoredEvent(
        position=event.id,
        originator_id=event.uuid,
        version=event.originator_version,
        topic=event.topic,
        content=event.state.decode(),
        event_id=event.event_id,
        recorded_at=event.recorded_at,
        correlation_id=event.correlation_id,
        previous_digest=b64encode(event.previous_digest).decode(),
    )
