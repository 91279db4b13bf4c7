"""What a build of the console consists of: two pages, hashed assets in three encodings, and the tables made with them.

`Builds` notices when the console is built anew, or for the first time, while this process runs.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

INDEX: Final = "index.html"
EMBED: Final = "embed.html"
ASSETS: Final = "assets"
LICENSES: Final = "licenses.md"
ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}
"""Encodings of an asset beside the plain one, the smallest first, and how their files end."""
_MANIFEST: Final = "manifest.json"
_ROUTES: Final = "routes.json"
_SOURCES: Final = "src/"
_PARAMETER: Final = re.compile(r":\w+")


class NotBuiltError(Exception):
    """The console was not built, or its build is not complete."""


@dataclass(frozen=True, slots=True)
class Build:
    """One build. `pages` are texts by file name, `assets` the names of assets; `routes` are patterns of paths and the files of each."""

    directory: Path
    pages: dict[str, str]
    assets: frozenset[str]
    routes: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]

    def chunks(self, path: str) -> tuple[str, ...]:
        """Returns the files, such as `assets/Account-D3adBeef.js`, that the page at this path loads beyond those of the entry."""
        return next((files for pattern, files in self.routes if pattern.fullmatch(path)), ())

    def asset(self, name: str, encoding: str | None) -> bytes:
        """Returns the content of an asset in one of `ENCODINGS`, or plain."""
        return (self.directory / ASSETS / f"{name}{ENCODINGS.get(encoding or '', '')}").read_bytes()


class Builds:
    """The present build in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: tuple[tuple[int, ...], Build] | None = None

    def present(self) -> Build:
        """Returns the present build. Raises `NotBuiltError`."""
        try:
            changed = tuple(
                path.stat().st_mtime_ns for path in (self._directory, self._directory / ASSETS, self._directory / INDEX)
            )
            if self._known is None or self._known[0] != changed:
                self._known = changed, _read(self._directory)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise NotBuiltError from error
        return self._known[1]

    def is_present(self) -> bool:
        """Returns whether there is a build."""
        try:
            self.present()
        except NotBuiltError:
            return False
        return True


def _read(directory: Path) -> Build:
    manifest: dict[str, Any] = json.loads((directory / _MANIFEST).read_text())
    of_entry = set(_files(manifest, INDEX))
    return Build(
        directory,
        {name: (directory / name).read_text() for name in (INDEX, EMBED)},
        frozenset(path.name for path in (directory / ASSETS).iterdir()),
        tuple(
            (
                _pattern(route["path"]),
                tuple(file for file in _files(manifest, _SOURCES + route["page"]) if file not in of_entry),
            )
            for route in json.loads((directory / _ROUTES).read_text())
        ),
    )


def _pattern(path: str) -> re.Pattern[str]:
    """Returns the pattern of a path in which `:name` stands for one segment."""
    return re.compile("[^/]+".join(re.escape(part) for part in _PARAMETER.split(path)))


def _files(manifest: dict[str, Any], source: str) -> Iterator[str]:
    """Yields the files of a source module and of everything that it imports at once, each once."""
    sources = [source]
    files: dict[str, None] = {}
    for name in sources:
        entry = manifest[name]
        files |= dict.fromkeys([entry["file"], *entry.get("css", ())])
        sources += [imported for imported in entry.get("imports", ()) if imported not in sources]
    yield from files
