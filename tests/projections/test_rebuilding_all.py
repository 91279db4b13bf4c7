"""Several read models are made anew from one reading of the log; each is swapped, or given up, by itself."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from aggregates.use_case import Request
from counting import Counting, Renamed, installed, register, rows, rows_by_the_log, state
from projections.engine import folding, positions
from projections.engine.rebuild import RebuildFailedError, RebuildUnderWayError
from projections.engine.rebuilding_all import rebuild_all
from projections.engine.single import folding_connection
from read_models import fold_log
from store.application import Dossier
from store.leadership import exclusive

Ask = Callable[..., Request]


@pytest.fixture
def models(dossier: Dossier, ask: Ask) -> list[Counting]:
    """Two read models with 30 events in them."""
    models = [installed(dossier), installed(dossier, Renamed)]
    register(dossier, ask(), 1, 30)
    for model in models:
        fold_log(dossier, model)
    return models


def quietly(_position: int, _target: int) -> None:
    """Says nothing."""


def positions_of_renamed(dossier: Dossier) -> list[int]:
    """What its table has."""
    with dossier.database.connection() as connection:
        return [row[0] for row in connection.execute("SELECT position FROM renamed ORDER BY position")]


def schemas(dossier: Dossier) -> int:
    """How many schemas hold tables that are being built."""
    with dossier.database.connection() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_namespace WHERE starts_with(nspname, %s)", [f"{dossier.database.schema}__"]
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_each_event_is_decoded_once_and_each_read_model_is_swapped(
    dossier: Dossier, models: list[Counting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "BATCH_EVENTS", 10)
    monkeypatch.setattr(folding, "FAR_EVENTS", 10)
    decode, decoded, steps = dossier.fact_mapper.to_domain_event, [], []

    def counted(event: Any) -> Any:
        decoded.append(event.id)
        return decode(event)

    monkeypatch.setattr(dossier.fact_mapper, "to_domain_event", counted)
    reports = list(rebuild_all(dossier, models, lambda position, target: steps.append((position, target))))
    assert [(report.name, report.position, report.generation) for report in reports] == [
        ("counting", 30, 2),
        ("renamed", 30, 2),
    ]
    assert decoded == list(range(1, 31))
    assert steps == [(10, 30), (20, 30), (30, 30)]
    assert rows(dossier) == rows_by_the_log(dossier)
    assert positions_of_renamed(dossier) == list(range(1, 31))
    assert schemas(dossier) == 0


def test_one_that_cannot_be_completed_is_given_up_and_the_others_are_swapped(
    dossier: Dossier, models: list[Counting]
) -> None:
    models[0].refused = {"17"}
    reports = rebuild_all(dossier, models, quietly)
    assert next(reports).name == "renamed"
    with pytest.raises(RebuildFailedError, match="at position 17: LookupError"):
        next(reports)
    assert (state(dossier)["generation"], state(dossier, "renamed")["generation"]) == (1, 2)
    assert state(dossier)["rebuild_position"] is None
    assert rows(dossier) == rows_by_the_log(dossier)
    assert schemas(dossier) == 0


def test_nothing_is_begun_while_one_of_them_is_being_rebuilt(dossier: Dossier, models: list[Counting]) -> None:
    with (
        closing(folding_connection(dossier.database)) as connection,
        exclusive(connection, positions.rebuild_lock(dossier.database, "renamed")) as taken,
    ):
        assert taken
        with pytest.raises(RebuildUnderWayError):
            list(rebuild_all(dossier, models, quietly))
    assert {state(dossier, model.name)["generation"] for model in models} == {1}
    assert state(dossier)["rebuild_position"] is None
    assert schemas(dossier) == 0
