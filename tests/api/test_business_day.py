"""The business day is known without a look into the database at every request, and a look holds nobody up."""

import asyncio
import threading
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest

from api import services
from api.services import BusinessDay


def test_many_requests_at_once_look_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ZONE_KEPT_S", 3_600.0)
    goes_on = threading.Event()
    dossier = Mock(**{"setup.return_value.controls.zone.return_value": ZoneInfo("Europe/Paris")})
    day = BusinessDay(dossier)
    day.zone()
    dossier.renew_setup.side_effect = lambda: goes_on.wait(60)
    monkeypatch.setattr(services, "ZONE_KEPT_S", 7_300.0)  # now more than half of it is over

    async def many() -> None:
        first = asyncio.create_task(day.renew())
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
            for _ in range(100):
                await day.renew()
            assert not first.done()
            goes_on.set()
            await first

    asyncio.run(many())
    assert dossier.renew_setup.call_count == 2
    asyncio.run(day.renew())
    assert dossier.renew_setup.call_count == 2
