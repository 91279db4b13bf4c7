"""The demo company of `dossier up`: it is set up once, whatever interrupts it, and what somebody changed stays (`cli.local.demo`)."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregates.customer.commands import register_customer
from aggregates.interaction.commands import end_interaction
from aggregates.interaction.interaction import Interaction, State
from aggregates.setup.commands import change_category, unmap_category
from aggregates.use_case import Outcome
from cli.local.demo.set_up import set_up
from command_line import CommandLine, company, migrated, request
from conftest import TODAY
from store.application import Dossier
from store.idempotency import forget_keys

DIES_EVERY = 25
"""Writes from one interruption to the next."""


def topics_of(dossier: Dossier) -> Counter[str]:
    """Returns how many facts of each kind the log has."""
    return Counter(event.topic for event in dossier.log_of_facts.select_notifications(1, 1_000))


def test_the_demo_company_is_set_up_once(line: CommandLine) -> None:
    with line.dossier() as dossier:
        set_up(dossier)
        position = dossier.log_of_facts.max_notification_id()
        set_up(dossier)
        assert dossier.log_of_facts.max_notification_id() == position
        dossier.renew_setup()
        setup = dossier.setup()
    assert [(one.code, one.description, one.required, one.default) for one in setup.categories] == [
        (1, "Age", True, None),
        (2, "Homeowner", False, None),
        (3, "Favourite colour", False, "BLUE"),
    ]
    assert setup.mappings.attributes == {
        "category:1": "age_band",
        "category:2": "homeowner",
        "category:3": "favourite_colour",
        "field:trading_name": "trading_name",
    }


def test_the_demo_company_is_not_set_up_again_once_its_keys_are_forgotten(line: CommandLine) -> None:
    with line.dossier() as dossier:
        set_up(dossier)
        position = dossier.log_of_facts.max_notification_id()
        with dossier.database.connection() as connection:
            forget_keys(connection, timedelta(), most=10_000)
        set_up(dossier)
        assert dossier.log_of_facts.max_notification_id() == position


def test_setting_the_demo_company_up_goes_on_where_it_was_interrupted(
    line: CommandLine, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with company(postgres_url, tmp_path / "other") as other, migrated(other).dossier() as dossier:
        set_up(dossier)
        uninterrupted = topics_of(dossier)

    decide, writes, starts = Dossier.decide, 0, 0

    def dying(self: Dossier, *arguments: Any, **named_arguments: Any) -> Outcome:
        nonlocal writes
        writes += 1
        if writes % (2 * DIES_EVERY) == 0:
            raise KeyboardInterrupt
        outcome = decide(self, *arguments, **named_arguments)
        if writes % DIES_EVERY == 0:
            raise KeyboardInterrupt
        return outcome

    monkeypatch.setattr(Dossier, "decide", dying)
    finished = False
    while not finished:
        starts += 1
        with line.dossier() as dossier, suppress(KeyboardInterrupt):
            set_up(dossier)
            finished = True
            assert topics_of(dossier) == uninterrupted
    assert starts > 4


def test_the_demo_company_starts_another_call_when_the_last_one_has_ended(line: CommandLine) -> None:  # rule 3.5
    with line.dossier() as dossier:
        set_up(dossier)
        end_interaction(dossier, request(), interaction="CALL-1")
        set_up(dossier)
        calls = [dossier.load(Interaction, f"CALL-{number}") for number in (1, 2, 3)]
    assert [call and call.state for call in calls] == [State.CLOSED, State.ON_CALL, None]


def test_the_demo_company_never_undoes_a_change(line: CommandLine) -> None:
    with line.dossier() as dossier:
        set_up(dossier)
        change_category(dossier, request(), code=1, description="Age group")
        unmap_category(dossier, request(), code=2)
        set_up(dossier)
        dossier.renew_setup()
        assert dossier.setup().category(1).description == "Age group"
        assert "category:2" not in dossier.setup().mappings.attributes


def test_the_demo_company_leaves_what_was_there_before(line: CommandLine) -> None:
    with line.dossier() as dossier:
        register_customer(dossier, request(), number="1001", name="Somebody else")
        set_up(dossier)
        dossier.renew_setup()
        assert {1, 2, 3} == {one.code for one in dossier.setup().categories}
    assert line.asked("replay", "customer", "1001", "--valid-at", TODAY.isoformat())["name"] == "Somebody else"
