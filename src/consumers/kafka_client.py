"""The parts of `kafka-python` that we use. Everybody imports them from here.

The client reads its protocol files in a way that Python has deprecated, and says so when it is imported; and it carries no types,
so they are all `Any` to the type checker.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import (  # type: ignore[import-untyped]
        ConsumerRebalanceListener,
        KafkaAdminClient,
        KafkaConsumer,
        KafkaProducer,
        OffsetAndMetadata,
        TopicPartition,
    )
    from kafka.admin import (  # type: ignore[import-untyped]
        ConfigResource,
        ConfigResourceType,
        ScramMechanism,
        UserScramCredentialUpsertion,
    )
    from kafka.coordinator.assignors.cooperative_sticky import (  # type: ignore[import-untyped]
        CooperativeStickyAssignor,
    )
    from kafka.errors import (  # type: ignore[import-untyped]
        CommitFailedError,
        CorruptRecordError,
        InvalidRecordError,
        KafkaConnectionError,
        KafkaError,
        KafkaTimeoutError,
        MessageSizeTooLargeError,
        RebalanceInProgressError,
        RecordListTooLargeError,
        TopicAlreadyExistsError,
    )
    from kafka.net.sasl import get_sasl_mechanism  # type: ignore[import-untyped]
    from kafka.record.default_records import DefaultRecord  # type: ignore[import-untyped]
    from kafka.record.util import decode_varint  # type: ignore[import-untyped]
    from kafka.structs import MemberState  # type: ignore[import-untyped]


def is_bus_away(error: BaseException) -> bool:
    """Returns whether the brokers are away, or not ready, so that the same may succeed once they are back."""
    return isinstance(error, KafkaError) and bool(error.retriable)


__all__ = [
    "CommitFailedError",
    "ConfigResource",
    "ConfigResourceType",
    "ConsumerRebalanceListener",
    "CooperativeStickyAssignor",
    "CorruptRecordError",
    "DefaultRecord",
    "InvalidRecordError",
    "KafkaAdminClient",
    "KafkaConnectionError",
    "KafkaConsumer",
    "KafkaError",
    "KafkaProducer",
    "KafkaTimeoutError",
    "MemberState",
    "MessageSizeTooLargeError",
    "OffsetAndMetadata",
    "RebalanceInProgressError",
    "RecordListTooLargeError",
    "ScramMechanism",
    "TopicAlreadyExistsError",
    "TopicPartition",
    "UserScramCredentialUpsertion",
    "decode_varint",
    "get_sasl_mechanism",
    "is_bus_away",
]
