"""The peer: an ordinary `eventsourcing` application on PostgreSQL that stores the same facts."""

from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import DatetimeAsISO, JSONTranscoder, Tracking, Transcoding
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection
from psycopg.sql import SQL, Identifier


class DateAsISO(Transcoding):
    """Dates in the library's JSON."""

    type = date
    name = "date_iso"

    def encode(self, obj: date) -> str:
        """As `YYYY-MM-DD`."""
        return obj.isoformat()

    def decode(self, data: str) -> date:
        """From `YYYY-MM-DD`."""
        return date.fromisoformat(data)


class Customer(Aggregate):
    """A customer with responses and fields, written the way the library's documentation does."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.responses: dict[int, str] = {}
        self.fields: dict[str, str] = {}

    @staticmethod
    def create_id(number: str) -> UUID:
        """The id of the customer with this number."""
        return uuid5(NAMESPACE_URL, f"/customers/{number}")

    @event("ResponseSelected")
    def select_response(
        self, category: int, response: str, description: str, effective_from: date, actor: str = ""
    ) -> None:
        """Stores a response."""
        self.responses[category] = response

    @event("FieldEdited")
    def edit_field(self, field: str, label: str, value: str, effective_from: date, actor: str) -> None:
        """Stores the value of a field."""
        self.fields[field] = value


class Account(Aggregate):
    """An account with the profile that its class gave it."""

    def __init__(self, number: str, customer: str, start: date) -> None:
        self.number = number
        self.start = start
        self.profile_class = ""
        self.profile: dict[str, Any] = {}

    @staticmethod
    def create_id(number: str) -> UUID:
        """The id of the account with this number."""
        return uuid5(NAMESPACE_URL, f"/accounts/{number}")

    @event("ClassAssigned")
    def assign(self, profile_class: str, profile: dict[str, Any], effective_from: date, actor: str) -> None:
        """Gives the account the profile of a class."""
        self.profile_class = profile_class
        self.profile = profile


class PeerApplication(Application[UUID]):
    """Keeps customers by the library's own means."""

    name = "peer"

    def register_transcodings(self, transcoder: JSONTranscoder) -> None:
        """Adds dates."""
        super().register_transcodings(transcoder)
        transcoder.register(DateAsISO())
        transcoder.register(DatetimeAsISO())


class ResponsesView(PostgresTrackingRecorder):
    """One row a customer and category: less than our drawer keeps, which has two clocks."""

    def __init__(self, datastore: Any, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self._table = Identifier(datastore.schema, "responses")
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {} (customer uuid, category int, response text, description text,"
                " effective_from date, PRIMARY KEY (customer, category))"
            ).format(self._table)
        )

    def put(self, tracking: Tracking, row: tuple[Any, ...]) -> None:
        """Stores a row and the position in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                SQL(
                    "INSERT INTO {} VALUES (%s, %s, %s, %s, %s) ON CONFLICT (customer, category) DO UPDATE SET"
                    " response = excluded.response, description = excluded.description,"
                    " effective_from = excluded.effective_from"
                ).format(self._table),
                row,
                prepare=True,
            )

    def skip(self, tracking: Tracking) -> None:
        """Stores the position of an event that changes no row."""
        self.insert_tracking(tracking)


class ResponsesProjection(Projection[ResponsesView]):
    """Folds selected responses into `ResponsesView`."""

    name = "responses"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Other events change no row."""
        self.view.skip(tracking)

    @process_event.register
    def _(self, domain_event: Customer.ResponseSelected, tracking: Tracking) -> None:  # type: ignore[name-defined]
        fact = domain_event
        row = (fact.originator_id, fact.category, fact.response, fact.description, fact.effective_from)
        self.view.put(tracking, row)
