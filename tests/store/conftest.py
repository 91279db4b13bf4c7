"""Facts for tests of the store."""

from collections.abc import Callable
from uuid import UUID

import pytest

from aggregates.setup.category import ProfileCategory
from aggregates.use_case import Request

Category = Callable[..., ProfileCategory]


@pytest.fixture
def category(ask: Callable[..., Request]) -> Category:
    """Makes categories with pending facts: `category("7")`, `category("7", changes=3)`."""

    def make(key: str, *, changes: int = 0, cause: UUID | None = None) -> ProfileCategory:
        made = ProfileCategory.new("demo", key)
        origin = ask(cause=cause).origin
        made.define(origin, code=7, description="Age", required=False, position=0, active=True)
        for number in range(changes):
            made.change(origin, position=number + 1)
        return made

    return make
