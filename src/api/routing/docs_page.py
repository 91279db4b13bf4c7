"""`/docs`: the OpenAPI document as one HTML page. It loads no script, font or style from elsewhere, so it works in a closed network."""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

import orjson

from api.http.problems import Kind

HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"}
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #ccc}details{margin:.4rem 0;border:1px solid #ddd;border-radius:.3rem}
summary{cursor:pointer;padding:.5rem .8rem}details>div{padding:0 .8rem .8rem}
code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f5f5f5;padding:.6rem;overflow:auto}
b.verb{display:inline-block;min-width:4.5rem;font-family:ui-monospace,monospace}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .6rem .2rem 0;vertical-align:top}
"""
_VERBS: Final = ("get", "post", "put", "patch", "delete")


def operations(document: dict[str, Any]) -> str:
    """Returns the page that lists every operation, by tag."""
    info = document["info"]
    parts = [f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>", f"<p>{escape(info['description'])}</p>"]
    parts.append('<p>The same for machines: <a href="/openapi.json"><code>/openapi.json</code></a>.</p>')
    by_tag: dict[str, list[str]] = {}
    for path, verb, operation in _operations(document):
        by_tag.setdefault(operation.get("tags", ["other"])[0], []).append(_operation(path, verb, operation))
    for tag, operations_of_tag in by_tag.items():
        parts.append(f"<h2>{escape(tag)}</h2>{''.join(operations_of_tag)}")
    parts.append("<h2>schemas</h2>")
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        parts.append(
            f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary><div>{_json(schema)}</div></details>'
        )
    return _page(str(info["title"]), "".join(parts))


def explained(kind: Kind) -> str:
    """Returns the page behind a problem's type."""
    return _page(kind.title, f"<h1>{escape(kind.title)}</h1><p>Status {kind.status}</p><p>{escape(kind.meaning)}</p>")


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for verb in _VERBS:
            if verb in item:
                yield path, verb, item[verb]


def _operation(path: str, verb: str, operation: dict[str, Any]) -> str:
    details = [f"<p>{escape(operation.get('description', ''))}</p>"]
    if roles := operation.get("x-roles"):
        details.append(f"<p>Allowed to: {escape(', '.join(roles))}.</p>")
    if parameters := operation.get("parameters"):
        rows = "".join(
            f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(parameter['in'])}</td>"
            f"<td>{escape(parameter.get('description', ''))}</td></tr>"
            for parameter in parameters
        )
        details.append(f"<table><tr><th>parameter</th><th>in</th><th></th></tr>{rows}</table>")
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        details.append(f"<p>Body, <code>{escape(media)}</code>:</p>{_json(content.get('schema', {}))}")
    for status, answer in operation.get("responses", {}).items():
        schema: dict[str, Any] = next((item.get("schema", {}) for item in answer.get("content", {}).values()), {})
        details.append(f"<p><b>{escape(status)}</b> {escape(answer.get('description', ''))} {_reference(schema)}</p>")
    title = f'<b class="verb">{verb.upper()}</b><code>{escape(path)}</code>'
    return f"<details><summary>{title}</summary><div>{''.join(details)}</div></details>"


def _reference(schema: dict[str, Any]) -> str:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return f'<a href="#{escape(name)}"><code>{escape(name)}</code></a>' if name else ""


def _json(schema: dict[str, Any]) -> str:
    return f"<pre>{escape(orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode())}</pre>"


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{body}</body></html>'
    )
