"""The search for the rate that everything keeps up with."""

import pytest
from benchmarks.over_http.lags import Lags
from benchmarks.over_http.sustained import MOST_LAG_MS, Step, search


def measured(sustainable: float, rates: list[float]):
    def measure(rate: float) -> Step:
        rates.append(rate)
        return Step(rate, rate, "a read model", MOST_LAG_MS if rate <= sustainable else 2 * MOST_LAG_MS)

    return measure


@pytest.mark.parametrize("first", [50.0, 400.0, 3_200.0])
def test_the_best_rate_is_narrowed_down_from_either_side(first: float) -> None:
    rates: list[float] = []
    best, above = search(measured(500, rates), first, most=6_400)
    assert best.kept
    assert not above.kept
    assert best.rate <= 500 < above.rate <= 1.2 * best.rate
    assert len(rates) <= 8


def test_no_rate_above_the_most_is_tried() -> None:
    rates: list[float] = []
    best, _ = search(measured(10_000, rates), 50, most=300)
    assert best.rate == max(rates) == 300


def test_a_rate_that_is_not_reached_is_not_sustained() -> None:
    step = Step(rate=100, reached=90, worst="a read model", worst_ms=1)
    assert not step.kept
    assert "only 90" in step.limit


def test_what_is_latest_at_p99_limits() -> None:
    lags = Lags()
    for look in range(200):
        lags.add({"drawer": look / 2, "relay": 200.0 if look == 0 else 10.0})
    assert lags.worst(99) == ("drawer", 99)
    assert lags.percentile("relay", 50) == 10
