"""Personal data are erased from the command line, once it was confirmed (rule 5.1)."""

from aggregates.customer.commands import register_customer
from aggregates.customer.profile import CustomerProfile
from business_fields import request
from command_line import CommandLine


def test_personal_data_are_erased_once_it_is_confirmed(line: CommandLine) -> None:
    with line.dossier() as dossier:
        register_customer(dossier, request(), number="1001", name="Ada Byron")
    arguments = ("erase", "1001", "--reason", "Asked for it", "--actor", "bob")
    refused = line.run(*arguments, typed="n\n")
    assert refused.exit_code == 1
    assert "Erase the personal data of customer 1001 for good?" in refused.stderr
    with line.dossier() as dossier:
        assert str(dossier.load(CustomerProfile, "1001").names.at(dossier.today())) == "Ada Byron"
    confirmed = line.run(*arguments, typed="y\n")
    assert confirmed.exit_code == 0
    assert confirmed.stdout.endswith("The personal data of customer 1001 were erased.\n")
    again = line.run(*arguments, "--yes")
    assert (again.exit_code, again.stdout) == (0, "The personal data of customer 1001 are erased already.\n")
    assert line.asked(*arguments, "--yes")["changed"] is False
    with line.dossier() as dossier:
        last = dossier.log_of_facts.max_notification_id()
        [event] = dossier.log_of_facts.select_notifications(last, 1)
        fact = dossier.fact_mapper.to_domain_event(event)
    assert (fact.TOPIC, fact.origin.actor, fact.origin.reason) == (
        "customer.personal_data_erased",
        "bob",
        "Asked for it",
    )


def test_an_unknown_customer_is_told(line: CommandLine) -> None:
    result = line.run("erase", "9", "--reason", "Asked for it", "--yes")
    assert (result.exit_code, result.stderr) == (1, "dossier: Customer 9 does not exist.\n")
