"""The meaning of each response of Customer Engagement (rule 4.4)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from uuid import uuid4

import pytest

from consumer_world import TOKEN, Simulator
from consumers.customer_engagement import CustomerEngagement, Verdict, _retry_after_s
from store.deliveries import Sending
from store.retrying import LONGEST_ASKED_S, Retrying

DAY = date(2026, 11, 21)


@pytest.fixture
def engagement(simulator: Simulator) -> Iterator[CustomerEngagement]:
    one = CustomerEngagement(simulator.url + "/", TOKEN)
    yield one
    one.close()


def sending(number: str = "1001", attribute: str = "age") -> Sending:
    return Sending(uuid4(), number, attribute, "A", DAY, None, 1)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_to_be_tried_again(simulator: Simulator, engagement: CustomerEngagement, status: int) -> None:
    simulator.fail(status, retry_after=9)
    answer = engagement.put(sending(), uuid4())
    assert (answer.verdict, answer.status_code, answer.retry_after_s) == (Verdict.TRY_AGAIN, status, 9)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_any_other_4xx_is_final_and_quoted(simulator: Simulator, engagement: CustomerEngagement, status: int) -> None:
    simulator.fail(status)
    answer = engagement.put(sending(), uuid4())
    assert (answer.verdict, answer.status_code) == (Verdict.REFUSED, status)
    assert str(status) in answer.reason
    assert "Told to fail." in answer.reason


def test_an_accepted_value_is_accepted_again_under_its_key(
    simulator: Simulator, engagement: CustomerEngagement
) -> None:
    key = uuid4()
    assert [engagement.put(sending(), key).verdict for _ in range(2)] == [Verdict.ACCEPTED] * 2
    assert simulator.received()["effective"] == 1


def test_whatever_a_number_looks_like_it_stays_one_part_of_the_path(
    simulator: Simulator, engagement: CustomerEngagement
) -> None:
    assert engagement.put(sending("10?01#x", "age.in years"), uuid4()).verdict is Verdict.ACCEPTED
    assert simulator.received()["order"].keys() == {"10?01#x"}


def test_no_answer_is_an_answer() -> None:
    engagement = CustomerEngagement("http://127.0.0.1:1", TOKEN)
    answer = engagement.put(sending(), uuid4())
    engagement.close()
    assert (answer.verdict, answer.status_code) == (Verdict.TRY_AGAIN, None)


def test_a_pause_may_be_asked_for_in_seconds_or_until_a_date() -> None:
    def asked(value: str) -> float | None:
        return _retry_after_s(value)

    assert asked("17") == 17
    assert 50 < (asked(format_datetime(datetime.now(UTC) + timedelta(seconds=60))) or 0) <= 60
    assert asked(format_datetime(datetime(2020, 1, 1, tzinfo=UTC))) == 0
    assert asked("soon") is None
    assert asked("") is None
    for hostile in (
        "9" * 60,
        "9" * 5_000,
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2020 00:00:00 +999999999",
    ):
        assert asked(hostile) is None or asked(hostile) > 0


def test_pauses_grow_with_jitter_within_their_bounds() -> None:
    retrying = Retrying(first_s=1, factor=2, longest_s=10)
    for attempt, full in ((1, 1), (2, 2), (4, 8), (5, 10), (5_000, 10)):
        delays = [retrying.delay(attempt) for _ in range(50)]
        assert full / 2 <= min(delays) < max(delays) <= full
    assert retrying.delay(1, asked_s=30) == 30
    assert retrying.delay(1, asked_s=1e9) == LONGEST_ASKED_S
