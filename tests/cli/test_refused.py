"""Refused messages are listed, shown, sent again and skipped from the command line, and `status` reports them (rule 4.3)."""

from uuid import UUID, uuid4

from command_line import CommandLine
from store import refusals
from store.events import RecordedEvent


def refused(line: CommandLine) -> UUID:
    """A message of a customer's event that Kafka refused."""
    with line.dossier() as dossier, dossier.database.connection() as connection:
        [event] = dossier.log_of_facts.select_notifications(1, 1)
        assert isinstance(event, RecordedEvent)
        refusals.refuse(connection, event, b"demo/customer:1001", 20_000_000, "MessageSizeTooLargeError")
    return event.event_id


def test_without_refused_messages_the_list_says_so(line: CommandLine) -> None:
    assert line.run("refused-messages", "list").stdout == "No refused messages.\n"
    assert line.asked("refused-messages", "list") == []


def test_a_refused_message_is_listed_and_shown_and_status_fails(line: CommandLine) -> None:
    event_id = refused(line)
    [one] = line.asked("refused-messages", "list")
    assert (one["event_id"], one["key"], one["bytes"], one["state"]) == (
        str(event_id),
        "demo/customer:1001",
        20_000_000,
        "refused",
    )
    assert line.asked("refused-messages", "show", str(event_id)) == one
    assert "MessageSizeTooLarge" in line.run("refused-messages", "show", str(event_id)).stdout
    status = line.run("status")
    assert status.exit_code == 1
    assert "Messages that Kafka refused: 1" in status.stdout
    assert "dossier refused-messages list" in status.stderr


def test_sending_again_and_skipping_are_asked_for_in_somebodys_name(line: CommandLine) -> None:
    event_id = refused(line)
    for command, state in (("resend", "sending"), ("skip", "skipping")):
        assert line.run("refused-messages", command, str(event_id), "--actor", "bob").exit_code == 0
        one = line.asked("refused-messages", "show", str(event_id))
        assert (one["state"], one["requested_by"]) == (state, "bob")


def test_one_that_does_not_exist_is_told(line: CommandLine) -> None:
    event_id = uuid4()
    for command in ("show", "resend", "skip"):
        result = line.run("refused-messages", command, str(event_id))
        told = f"dossier: Kafka has not refused the message of event {event_id}.\n"
        assert (result.exit_code, result.stderr) == (1, told)
