"""A tiny console in the form in which the real one is built, for tests that need no real pages."""

import gzip
import json
from pathlib import Path
from typing import Final

MANIFEST: Final = {
    "index.html": {"file": "assets/index-AAAAAAAA.js", "isEntry": True, "imports": ["_react-BBBBBBBB.js"]},
    "embed.html": {"file": "assets/embed-CCCCCCCC.js", "isEntry": True, "imports": ["_react-BBBBBBBB.js"]},
    "_react-BBBBBBBB.js": {"file": "assets/react-BBBBBBBB.js"},
    "_forms-DDDDDDDD.js": {
        "file": "assets/forms-DDDDDDDD.js",
        "imports": ["_react-BBBBBBBB.js", "_fields-EEEEEEEE.js"],
    },
    "_fields-EEEEEEEE.js": {"file": "assets/fields-EEEEEEEE.js", "imports": ["_forms-DDDDDDDD.js"]},
    "src/customer/CustomerPage.tsx": {
        "file": "assets/CustomerPage-FFFFFFFF.js",
        "isDynamicEntry": True,
        "imports": ["index.html", "_react-BBBBBBBB.js", "_forms-DDDDDDDD.js"],
        "css": ["assets/CustomerPage-GGGGGGGG.css"],
    },
}
ROUTES: Final = [{"path": "/customers/:number", "page": "customer/CustomerPage.tsx"}]
PAGE: Final = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Dossier</title>
    <script type="module" crossorigin src="/{file}"></script>
  </head>
  <body><div id="root"></div></body>
</html>
"""
SCRIPT: Final = b"export const answer = 42;\n" * 100


def build(directory: Path) -> Path:
    """Writes the console into this directory, which it gives back."""
    assets = directory / "assets"
    assets.mkdir(parents=True)
    for entry in MANIFEST.values():
        for file in (entry["file"], *entry.get("css", ())):  # type: ignore[misc]
            (directory / str(file)).write_bytes(SCRIPT)
            (directory / f"{file}.gz").write_bytes(gzip.compress(SCRIPT))
            (directory / f"{file}.br").write_bytes(b"not really brotli")
    for name in ("index.html", "embed.html"):
        (directory / name).write_text(PAGE.format(file=MANIFEST[name]["file"]))
    (directory / "manifest.json").write_text(json.dumps(MANIFEST))
    (directory / "routes.json").write_text(json.dumps(ROUTES))
    (directory / "licenses.md").write_text("# Licences\n")
    return directory
