"""Duplicates are merged and separated from the command line (rule 6.1)."""

from aggregates.customer.commands import confirm_drawer, register_customer
from aggregates.setup.commands import define_category, define_response
from business_fields import request
from command_line import CommandLine
from projections.catalogue import projections
from read_models import fold_log


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


def test_a_response_that_came_with_a_merge_is_replayed_as_it_is_read(line: CommandLine) -> None:  # rules 2.20, 6.1
    with line.dossier() as dossier:
        define_category(dossier, request(), code=7, description="Age", required=False)
        define_response(dossier, request(), code=7, response="A", description="Under 30")
        for number in ("1001", "1002"):
            register_customer(dossier, request(), number=number, name="Ada")
        confirm_drawer(dossier, request(), number="1002", responses={7: "A"})
    assert line.run("merge", "1001", "1002").exit_code == 0
    with line.dossier() as dossier:
        for projection in projections(dossier):
            fold_log(dossier, projection)
    [category] = line.asked("as-of", "customer", "1001")["categories"]
    [answer] = line.asked("replay", "customer", "1001")["answers"]
    assert (category["value"], category["value_description"]) == ("A", "Under 30")
    assert (answer["response"], answer["response_description"], answer["category_description"]) == (
        "A",
        "Under 30",
        "Age",
    )


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
