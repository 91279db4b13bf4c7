"""What the read model `drawer` answers with: categories as they are defined, and the drawer as a user sees it."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from projections.tables.explanation import Explainable


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Response(Explainable):
    """A response of a category, active or not."""

    code: str
    description: str
    default: bool
    position: int
    active: bool


class Category(Explainable):
    """A profile category with its responses by position, then code. `version` is the one of the category."""

    code: int
    description: str
    required: bool
    position: int
    active: bool
    version: int
    responses: list[Response]

    @property
    def shown(self) -> bool:
        """Returns whether the drawer shows it: it is active and has an active response (rule 1.4)."""
        return self.active and any(response.active for response in self.responses)

    @property
    def default(self) -> str | None:
        """The code of the default response."""
        return next((response.code for response in self.responses if response.default), None)

    @property
    def offers_blank(self) -> bool:
        """Returns whether a blank choice is offered: it has no default and is not required (rule 1.7)."""
        return self.default is None and not self.required

    def description_of(self, response: str) -> str:
        """The description of one of its responses."""
        return next(defined.description for defined in self.responses if defined.code == response)


class Choice(_Model):
    """A response that can be chosen, or that is stored although it was deactivated since."""

    code: str
    description: str


class DrawerCategory(_Model):
    """A category with the response that its field shows: stored, else the default, else blank (rule 1.6).

    `effective_from` and `effective_to` are the days, both inclusive, on which the stored response holds; `changed_by` stored it, at
    `changed_at`.
    """

    code: int
    description: str
    required: bool
    position: int
    value: str | None
    value_description: str | None
    shown: Literal["stored", "defaulted", "blank"]
    effective_from: date | None
    effective_to: date | None
    changed_by: str | None
    changed_at: datetime | None
    blank_offered: bool
    choices: list[Choice]


class Condition(_Model):
    """One condition for the drawer to be displayed by itself."""

    code: Literal["categories", "required_unanswered", "k87", "primary_alternate_number"]
    text: str
    holds: bool


class Verdict(_Model):
    """Whether the drawer is displayed by itself: when all four conditions hold (rule 1.12)."""

    displayed: bool
    conditions: list[Condition]


class Drawer(Explainable):
    """A customer's profile drawer. `available`: it can be opened (rule 1.11). `version` is the customer's."""

    number: str
    name: str
    title: str
    version: int
    valid_at: date
    known_at: datetime
    categories: list[DrawerCategory]
    available: bool
    display: Verdict


class StoredAnswer(_Model):
    """A stored response, the days, both inclusive, on which it holds, and who stored it when."""

    category: int
    response: str
    effective_from: date
    effective_to: date | None
    changed_by: str
    changed_at: datetime
