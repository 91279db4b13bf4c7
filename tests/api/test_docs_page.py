"""`/docs` shows every operation, needs nothing from elsewhere, and looks as the console does."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.docs_page import page
from api.http.problems import KINDS
from api_client import Api, assert_problem

ROOT = Path(__file__).parents[2]
CUSTOM_PROPERTY = re.compile(r"^\s*(--[a-z0-9-]+): (.+);$", re.MULTILINE)


@pytest.fixture
def html(api: Api) -> str:
    """The page as it is served."""
    return api.get("/docs", None).text


def test_every_operation_stands_in_the_contents_and_on_the_page_with_a_form(app: FastAPI, html: str) -> None:
    operations = [(path, operation) for path, item in app.openapi()["paths"].items() for operation in item.values()]
    for path, operation in operations:
        name = operation["operationId"]
        assert f'<a href="#{name}">' in html
        assert f'<article id="{name}"' in html
        assert f'data-path="{path}"' in html
    assert html.count("<form data-verb=") == len(operations)


def test_every_link_within_the_page_leads_somewhere(html: str) -> None:
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len({*ids})
    assert {*re.findall(r'href="#([^"]+)"', html), *re.findall(r' for="([^"]+)"', html)} <= {*ids}


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere(api: Api, html: str) -> None:
    assert not re.search(
        r"<style|<script>|\sstyle=|\son[a-z]+=|<img|src=\"[^/]|https?://(?!localhost:8000/v1/me)", html
    )
    policy = api.get("/docs", None).headers["Content-Security-Policy"]
    assert {"default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"} <= {*policy.split("; ")}
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", page.ASSETS)
def test_style_and_script_are_served_under_names_that_change_with_them(api: Api, html: str, name: str) -> None:
    content, media_type = page.ASSETS[name]
    answer = api.get(f"/docs/{name}", None)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, content, media_type)
    assert f'"/docs/{name}"' in html
    assert_problem(api.get(f"/docs/0{name}", None), 404, "not-found")


def test_a_problem_has_a_page_in_the_same_style(api: Api, html: str) -> None:
    for kind in KINDS:
        assert f'href="/problems/{kind.slug}"' in html
        assert f'"/docs/{page.STYLE}"' in api.get(f"/problems/{kind.slug}", None).text


def test_the_style_has_the_colours_and_sizes_of_the_console() -> None:
    tokens = dict(CUSTOM_PROPERTY.findall((ROOT / "console/src/design/tokens.css").read_text()))
    own = CUSTOM_PROPERTY.findall(page.STYLE_CONTENT.decode())
    assert len(own) > 30
    assert {name: value for name, value in own if tokens[name] != value and name != "--control"} == {}
