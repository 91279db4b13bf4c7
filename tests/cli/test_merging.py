"""Duplicates are merged and separated from the command line (rule 6.1)."""

from aggregates.customer.commands import register_customer
from business_fields import request
from command_line import CommandLine


def test_a_duplicate_is_merged_and_separated_again(line: CommandLine) -> None:  # rule 6.1
    with line.dossier() as dossier:
        for number in ("1001", "1002"):
            register_customer(dossier, request(), number=number, name="Ada")
    told = line.run("merge", "1002", "1001", "--reason", "Same person", "--actor", "bob")
    assert (told.exit_code, told.stdout) == (0, "Customer 1001 was merged into 1002.\n")
    again = line.run("merge", "1002", "1001")
    assert (again.exit_code, again.stdout) == (0, "They are merged already.\n")
    with line.dossier() as dossier:
        last = dossier.log_of_facts.max_notification_id()
        [event] = dossier.log_of_facts.select_notifications(last, 1)
        fact = dossier.fact_mapper.to_domain_event(event)
    assert (fact.TOPIC, fact.origin.actor, fact.origin.reason) == ("customer.merged_away", "bob", "Same person")
    undone = line.asked("unmerge", "1002", "1001")
    assert (undone["changed"], undone["version"]) == (True, 3)
    assert line.run("unmerge", "1002", "1001").exit_code == 1


def test_what_cannot_be_merged_is_told(line: CommandLine) -> None:
    with line.dossier() as dossier:
        register_customer(dossier, request(), number="1001", name="Ada")
    for verb, other, why in (
        ("merge", "1001", "A customer cannot be merged with itself."),
        ("merge", "9", "Customer 9 does not exist."),
        ("unmerge", "9", "Customer 9 does not exist."),
    ):
        result = line.run(verb, "1001", other)
        assert (result.exit_code, result.stderr) == (1, f"dossier: {why}\n")
