"""Dead letters are listed, shown and sent again from the command line (rule 4.4)."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from command_line import CommandLine
from store.deliveries import Sending
from store.outcomes import record_dead, record_resent, record_sent


def dead(line: CommandLine, number: str = "1001", attribute: str = "age_band", position: int = 5) -> UUID:
    """A value that Customer Engagement refused."""
    sending = Sending(uuid4(), number, attribute, "A2", date(2026, 11, 21), None, position)
    with line.dossier() as dossier, dossier.database.connection() as connection:
        record_dead(connection, sending, 3, "422: no such attribute", 422)
    return sending.event_id


def sent(line: CommandLine, number: str = "1001", attribute: str = "age_band", position: int = 9) -> None:
    """A later value that was accepted."""
    sending = Sending(uuid4(), number, attribute, "A3", date(2026, 11, 22), None, position)
    with line.dossier() as dossier, dossier.database.connection() as connection:
        record_sent(connection, sending, 1)


def test_without_dead_letters_the_list_says_so(line: CommandLine) -> None:
    assert line.run("dead-letters", "list").stdout == "No dead letters.\n"
    assert line.asked("dead-letters", "list") == []


def test_dead_letters_of_all_customers_are_listed_in_order(line: CommandLine) -> None:
    first, second = dead(line, "1001"), dead(line, "1002")
    letters = line.asked("dead-letters", "list")
    assert [(letter["event_id"], letter["number"]) for letter in letters] == [
        (str(first), "1001"),
        (str(second), "1002"),
    ]
    assert "422: no such attribute" in " ".join(line.run("dead-letters", "list").stdout.split())


def test_one_is_shown_with_all_that_is_known(line: CommandLine) -> None:
    event_id = dead(line)
    letter = line.asked("dead-letters", "show", str(event_id))
    assert (letter["status_code"], letter["attempts"], letter["state"]) == (422, 3, "dead")
    assert str(event_id) in line.run("dead-letters", "show", str(event_id)).stdout


def test_one_that_does_not_exist_is_told(line: CommandLine) -> None:
    event_id = uuid4()
    for command in ("show", "resend"):
        result = line.run("dead-letters", command, str(event_id))
        assert (result.exit_code, result.stderr) == (1, f"dossier: There is no dead letter for event {event_id}.\n")


def test_resending_is_asked_for_in_somebodys_name(line: CommandLine) -> None:
    event_id = dead(line)
    letter = line.asked("dead-letters", "resend", str(event_id), "--value", "A4", "--actor", "bob")
    assert (letter["state"], letter["resend_requested_by"], letter["corrected_value"]) == ("resending", "bob", "A4")


def test_resending_twice_is_refused(line: CommandLine) -> None:
    event_id = dead(line)
    assert line.run("dead-letters", "resend", str(event_id)).exit_code == 0
    result = line.run("dead-letters", "resend", str(event_id))
    assert (result.exit_code, result.stderr) == (1, "dossier: This dead letter is being sent again already.\n")


def test_an_old_value_goes_over_a_later_one_only_by_force(line: CommandLine) -> None:
    event_id = dead(line, position=5)
    sent(line, position=9)
    refused = line.run("dead-letters", "resend", str(event_id))
    assert refused.exit_code == 1
    assert "A later value of age_band was sent for customer 1001 already" in refused.stderr
    assert line.run("dead-letters", "resend", str(event_id), "--force").exit_code == 0


def test_all_that_can_be_are_sent_again_and_the_others_are_named(line: CommandLine) -> None:
    old, mine, theirs = dead(line, position=5), dead(line, attribute="homeowner"), dead(line, "1002")
    sent(line, position=9)
    result = line.run("dead-letters", "resend-all")
    assert (result.exit_code, result.stdout) == (1, "Requested 2.\n")
    assert f"{old}: A later value" in result.stderr
    states = {letter["event_id"]: letter["state"] for letter in line.asked("dead-letters", "list")}
    assert states == {str(old): "dead", str(mine): "resending", str(theirs): "resending"}


@pytest.mark.parametrize("everything", [False, True])
def test_those_that_arrived_are_listed_only_when_asked_for(line: CommandLine, everything: bool) -> None:
    event_id = dead(line)
    line.run("dead-letters", "resend", str(event_id))
    with line.dossier() as dossier, dossier.database.connection() as connection:
        record_resent(connection, Sending(event_id, "1001", "age_band", "A2", date(2026, 11, 21), None, 5), 1)
    assert len(line.asked("dead-letters", "list", *(["--all"] if everything else []))) == everything
