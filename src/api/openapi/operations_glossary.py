"""The meaning of fields of long-running work, deliveries and the installation, by name; `glossary` says how names are looked up."""

from typing import Final


def of_schemas(schemas: str, **texts: str) -> dict[str, str]:
    """Returns entries for fields of some schemas."""
    return {f"{schema}.{field}": text for schema in schemas.split() for field, text in texts.items()}


RUNS: Final = {
    "complete": "Whether every profile was examined; until then the next request goes on.",
    "changes": "The values before and after; `null` where an earlier release did not write them down.",
    "done": "The profiles that are done.",
    "error": "Why it failed; `null` where it did not.",
    "failed_at": "When it failed last; `null` where it did not.",
    "include_later": "Whether later-dated versions of the profiles change, too.",
    "later_dated": "The number of later-dated versions of the class.",
    "outcome": "What became of the profile.",
    "overwritten": "The number of profiles in which a value that was set here is replaced.",
    "overwritten_since": "The number of those in which the value was set since the class was changed.",
    "preview": "What the next run would do; `null` unless one is planned or it was requested.",
    "profiles": "The number of profiles.",
    "reasons": "Why profiles were left as they are, each with their number.",
    "run": "The number of the run, from 1; `null` while none began.",
    "run_date": "The first business day on which the change is written.",
    "skipped": "The number of profiles that were left alone.",
    "started_by": "Who started the run; `null` while none began.",
    "unchanged": "The number of those that had everything already.",
    **of_schemas("Preview PropagationRead PropagationDetail", changed="The number of profiles that change."),
    **of_schemas(
        "PropagationRead PropagationDetail", state="How far the run is.", message="How far the run is, in words."
    ),
}
UPLOADS: Final = {
    "bytes_done": "The bytes of the file that were read.",
    "cancelled_by": "Who cancelled the upload; `null` where nobody did.",
    "columns": "The field of each column: a field's key, `customer_number`, `alternate_number` or `name`.",
    "delimiter": "The character between two columns; `null` where it is detected in each file.",
    "digest": "The SHA-256 of the file, in hexadecimal digits.",
    "dry_run": "Always `true`: nothing was stored.",
    "errors": "What is wrong, one entry for each value.",
    "errors_left_off": "The number of further errors that are not shown.",
    "failed": "The number of rows with faults; they change nothing.",
    "file": "The name of the file.",
    "header": "Whether the first row names the columns; `null` where it is detected in each file.",
    "new": "The number of rows that register a customer.",
    "without_number": "The number of those that have no number in the file: Dossier made up a number for each.",
    "repeated": "The number of rows that are taken and have a number that an earlier row of the file has: the later one counts.",
    "original_row": "The row as it came, masked fields masked; `null` where it cannot be shown.",
    "percent": "How much of the file was read, in percent.",
    "received_by": "Who uploaded the file.",
    "refusal": "Why the file is refused; `null` where it is not.",
    "row": "The number of the row, from 1, without the header.",
    "rows": "The number of rows that were read.",
    "saved_by": "Who saved this version.",
    "size": "The size of the file in bytes.",
    "upload": "The id of the upload.",
    **of_schemas(
        "UploadRead DryRun", changed="The number of rows that change a customer.", state="How far the upload is."
    ),
    **of_schemas(
        "WrongValue",
        line="The line of the file on which the row begins; `null` where it was not kept.",
        reason="What is wrong, in words.",
        field="The field; `null` where it is the row as a whole.",
    ),
}
DELIVERIES: Final = {
    "attempts": "How often it was tried.",
    "corrected": "Whether the value was corrected before it was sent again.",
    "corrected_value": "The value that was put in its place; `null` where there is none.",
    "delivery_id": "The id of the delivery; it names its dead letter, too.",
    "died_at": "When it was given up.",
    "resend_requested_at": "When somebody asked to send it again; `null` where nobody did.",
    "resend_requested_by": "Who asked to send it again; `null` where nobody did.",
    "resent_at": "When it was sent again; `null` where it was not.",
    "state": "Its state.",
    "status": "What became of it.",
    "status_code": "The HTTP status of the last answer; `null` where there was none.",
    **of_schemas("Delivery", corrected="Whether another value is sent than the one that was recorded."),
    **of_schemas("DeadLetter Delivery", reason="Why it was not sent, in words; `null` where it was."),
    **of_schemas("Resend", value="The corrected value; where it is left out, it is sent as it was."),
    **of_schemas("DeadLetter", event_id="The id of the delivery that failed."),
}
OPERATIONS: Final = {
    "blocks": "Whether answers cannot be given or trusted.",
    "dead_letters": "The number of dead letters.",
    "deliveries": "Changes that wait to be sent to Customer Engagement.",
    "failed_event": "The id of the event that it stopped at; `null` where it runs.",
    "failed_position": "The position of the event that it stopped at; `null` where it runs.",
    "failed_propagations": "The number of runs that failed and are retried.",
    "failed_topic": "The kind of the event that it stopped at; `null` where it runs.",
    "failed_uploads": "The number of uploads that failed and are retried.",
    "faults": "What is wrong, each with what to do.",
    "generation": "The number of times that it was rebuilt.",
    "lag": "The number of events that are not yet taken in.",
    "lag_s": "The age of the oldest event that is not yet taken in, in seconds.",
    "log_position": "The position of the last event in the log.",
    "oldest_s": "How long the oldest has waited, in seconds; `null` where none waits.",
    "process": "The process.",
    "processes": "The processes and their tasks.",
    "projections": "The read models.",
    "rebuild_active": "Whether it is being rebuilt.",
    "rebuild_error": "Why the last rebuild failed; `null` where it did not.",
    "rebuild_position": "The position that the rebuild has come to; `null` while none runs.",
    "rebuild_started_at": "When the rebuild began; `null` while none runs.",
    "rebuild_target": "The position that the rebuild must come to; `null` while none runs.",
    "refused_messages": "The number of messages that a consumer refused.",
    "relay_refused": "The number of events that the bus refused.",
    "relaying": "The position of the relay; `null` where nothing is sent to a bus.",
    "runs": "Whether it runs.",
    "silent_s": "Seconds since it was seen to make progress; `null` where it never was.",
    "task": "The task of the process.",
    "todo": "What to do.",
    "waiting": "How many wait; `null` while that is not known.",
    "warnings": "What should be looked at, in words.",
    "what": "What is wrong.",
    "why": "Why it is so.",
    **of_schemas(
        "ProjectionReport", active="Whether a process keeps it up to date.", name="The name of the read model."
    ),
    **of_schemas(
        "ReadModelShape ProjectionReport RelayShape", position="The position of the last event that was taken in."
    ),
}
