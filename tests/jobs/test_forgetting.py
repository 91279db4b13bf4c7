"""Idempotency keys are deleted once their time is over, and not before (rule 0.7)."""

import threading
from collections.abc import Callable, MutableMapping
from datetime import timedelta
from typing import Any

import pytest

from aggregates.customer.commands import register_customer
from aggregates.customer.profile import CustomerExistsError
from aggregates.use_case import KeyReusedError, Request
from counting import eventually
from jobs.forgetting import KeyForgetter
from store.application import Dossier
from store.idempotency import AT_ONCE, forget_keys
from store.stopping import Stop

MONTH = timedelta(days=30)


def age(dossier: Dossier, key: str, days: float) -> None:
    """Lets a key have been used so many days ago."""
    with dossier.database.connection() as connection:
        connection.execute(
            "UPDATE idempotency_keys SET recorded_at = clock_timestamp() - %s WHERE key = %s",
            [timedelta(days=days), key],
        )


def keys(dossier: Dossier) -> set[str]:
    with dossier.database.connection() as connection:
        return {key for (key,) in connection.execute("SELECT key FROM idempotency_keys").fetchall()}


def test_a_key_is_kept_for_its_days_and_then_forgotten(
    dossier: Dossier, ask: Callable[..., Request], log_lines: list[MutableMapping[str, Any]]
) -> None:  # rule 0.7
    for number in ("1001", "1002", "1003"):
        register_customer(dossier, ask(key=f"key-{number}"), number=number, name="Ada Byron")
    age(dossier, "key-1001", 30.01)
    age(dossier, "key-1002", 29.99)
    assert KeyForgetter(dossier.database, MONTH).forget(Stop()) == 1
    assert keys(dossier) == {"key-1002", "key-1003"}
    assert {"keys": 1, "older_than_days": 30}.items() <= log_lines[-1].items()


def test_a_repeated_request_is_a_new_one_once_its_key_is_forgotten(
    dossier: Dossier, ask: Callable[..., Request]
) -> None:  # rule 0.7
    first = register_customer(dossier, ask(key="k"), number="1001", name="Ada Byron")
    assert register_customer(dossier, ask(key="k"), number="1001", name="Ada Byron") == first
    with pytest.raises(KeyReusedError):
        register_customer(dossier, ask(key="k", body=b"other"), number="1002", name="Grace Hopper")
    age(dossier, "k", 31)
    KeyForgetter(dossier.database, MONTH).forget(Stop())
    with pytest.raises(CustomerExistsError):
        register_customer(dossier, ask(key="k"), number="1001", name="Ada Byron")
    assert register_customer(dossier, ask(key="k", body=b"other"), number="1002", name="Grace Hopper").changed


def test_many_are_forgotten_in_small_statements_the_oldest_first(dossier: Dossier) -> None:
    with dossier.database.connection() as connection:
        connection.execute(
            "INSERT INTO idempotency_keys (actor, key, digest, changed, version, recorded_at)"
            " SELECT 'ann', n::text, '', true, 1, clock_timestamp() - make_interval(days => 40, secs => n)"
            " FROM generate_series(1, %s) AS n",
            [2 * AT_ONCE + 5],
        )
        assert forget_keys(connection, MONTH, most=2) == 2
    assert not keys(dossier) & {str(2 * AT_ONCE + 5), str(2 * AT_ONCE + 4)}
    assert KeyForgetter(dossier.database, MONTH).forget(Stop()) == 2 * AT_ONCE + 3
    assert keys(dossier) == set()


def test_the_worker_looks_by_itself(dossier: Dossier, ask: Callable[..., Request]) -> None:
    register_customer(dossier, ask(key="old"), number="1001", name="Ada Byron")
    age(dossier, "old", 31)
    stop = Stop()
    thread = threading.Thread(target=KeyForgetter(dossier.database, MONTH).run, args=(stop,))
    thread.start()
    try:
        eventually(lambda: not keys(dossier))
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
