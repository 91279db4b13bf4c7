"""`/docs` and `/problems/…` as HTML, rendered from the OpenAPI document by the server.

Style and script are files of this package, served beside the page, under a policy that allows nothing from elsewhere and nothing inline; so
the page works in a closed network. Without the script everything can be read, and only trying is missing.
"""

from collections.abc import Iterator
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, Final

from api.docs_page import operation
from api.docs_page.schema import fields_table
from api.docs_page.words import prose
from api.http.problems import KINDS, Kind

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_VERBS: Final = ("get", "post", "put", "patch", "delete")


def _asset(kind: str) -> tuple[str, bytes]:
    content = (files("api.docs_page") / f"docs.{kind}").read_bytes()
    return f"docs-{sha256(content).hexdigest()[:12]}.{kind}", content


STYLE, STYLE_CONTENT = _asset("css")
SCRIPT, SCRIPT_CONTENT = _asset("js")
ASSETS: Final = {
    STYLE: (STYLE_CONTENT, "text/css; charset=utf-8"),
    SCRIPT: (SCRIPT_CONTENT, "text/javascript; charset=utf-8"),
}
"""The files of the page by name, which changes with the content, and their media types."""


def operations(document: dict[str, Any]) -> str:
    """Returns the page that lists every operation, by tag, then the schemas and the kinds of problem."""
    info, schemas = document["info"], document["components"]["schemas"]
    by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, verb, described in _operations(document):
        by_tag.setdefault(described["tags"][0], []).append((path, verb, described))
    sections = "".join(
        f'<section><h2 id="{_anchor(tag)}">{escape(tag.capitalize())}</h2>'
        f"{''.join(operation.article(path, verb, described, schemas) for path, verb, described in listed)}</section>"
        for tag, listed in sorted(by_tag.items())
    )
    title = f"{info['title']} API"
    return _page(
        title,
        f'{_bar(info["title"])}<div class="columns">{_contents(by_tag)}<main id="main"><h1>{escape(title)}</h1>'
        f"{_start(info['description'])}{sections}{_schemas(schemas)}{_problems()}</main></div>",
    )


def explained(kind: Kind) -> str:
    """Returns the page behind a problem's type."""
    return _page(
        kind.title,
        f'<main id="main" class="narrow"><p><a href="/docs#problems">All problems</a></p><h1>{escape(kind.title)}</h1>'
        f"<p>Status {kind.status}</p><p>{prose(kind.meaning)}</p></main>",
    )


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for verb in _VERBS:
            if verb in item:
                yield path, verb, item[verb]


def _anchor(tag: str) -> str:
    return f"tag-{escape(tag.replace(' ', '-'))}"


def _bar(name: str) -> str:
    """Returns the bar with the token that requests are tried with; the script shows its form."""
    return (
        '<a class="skip" href="#main">Skip to the content</a>'
        f'<header class="bar"><a class="name" href="/">{escape(name)}</a><form id="token-form" hidden>'
        '<label for="token">Token</label><input id="token" type="password" autocomplete="off" spellcheck="false">'
        '<button type="submit">Use</button><output id="caller" for="token">No token: only public operations answer.</output>'
        "</form></header>"
    )


def _contents(by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]]) -> str:
    groups = "".join(
        f'<li><a href="#{_anchor(tag)}">{escape(tag.capitalize())}</a><ul>{"".join(_entry(*listed) for listed in operations)}</ul></li>'
        for tag, operations in sorted(by_tag.items())
    )
    return (
        '<nav aria-label="Contents"><p id="find-line" hidden><label for="find">Find an operation</label>'
        '<input id="find" type="search" autocomplete="off"><output id="count" for="find"></output></p>'
        f'<ul class="contents">{groups}<li><a href="#schemas">Schemas</a></li><li><a href="#problems">Problems</a></li></ul></nav>'
    )


def _entry(path: str, verb: str, described: dict[str, Any]) -> str:
    name, summary = described["operationId"], described["summary"]
    words = escape(" ".join((verb, path, name, summary)).lower())
    return f'<li data-words="{words}"><a href="#{escape(name)}">{prose(summary)}</a></li>'


def _start(description: str) -> str:
    """Returns the beginning of the page: what holds for all operations, and a first request."""
    sentences = description.split(". ")
    example = 'curl -H "Authorization: Bearer $TOKEN" http://localhost:8000/v1/me'
    return (
        f'<p class="lead">{prose(sentences[0])}.</p><p>{prose(". ".join(sentences[1:]))}</p>'
        '<p>The same for machines: <a href="/openapi.json">/openapi.json</a>, and for the messages on the bus'
        ' <a href="/asyncapi.yaml">/asyncapi.yaml</a>. <code>dossier token</code> issues a token; a first request is then:</p>'
        f'<pre tabindex="0">{escape(example)}</pre>'
    )


def _schemas(schemas: dict[str, dict[str, Any]]) -> str:
    parts = "".join(
        f'<article id="schema-{escape(name)}"><h3><code>{escape(name)}</code></h3><p>{prose(schema.get("description", ""))}</p>'
        f"{fields_table(schema)}</article>"
        for name, schema in schemas.items()
    )
    return f'<section><h2 id="schemas">Schemas</h2>{parts}</section>'


def _problems() -> str:
    rows = "".join(
        f'<tr><th scope="row"><a href="/problems/{kind.slug}">{escape(kind.title)}</a></th><td>{kind.status}</td>'
        f"<td>{prose(kind.meaning)}</td></tr>"
        for kind in KINDS
    )
    return (
        '<section><h2 id="problems">Problems</h2><div class="wide" tabindex="0"><table><caption>Every kind of refusal</caption><thead><tr>'
        '<th scope="col">Problem</th><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="/docs/{STYLE}"><script src="/docs/{SCRIPT}"></script></head><body>{body}</body></html>'
    )
