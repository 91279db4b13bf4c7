"""The console is served as pages that trust nothing from elsewhere, and its session counts for its own pages only."""

import gzip
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from aggregates.fact import Role
from api.app import create_app, describe_only
from api.console.pages import NOT_BUILT
from api.http import sessions
from api.settings import ApiSettings
from api_client import SECRET, Api, assert_problem, fields, register, token
from built_console import build
from projections.reading.read_models import ReadModels
from store.application import Dossier

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
A_DAY_S = 86_400
OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Dossier-Console": "1"}
ASSET = "/assets/CustomerPage-FFFFFFFF.js"

Open = Callable[..., TestClient]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built console."""
    return build(tmp_path / "built")


@pytest.fixture
def open_console(dossier: Dossier, reads: ReadModels, built: Path) -> Iterator[Open]:
    """Starts applications with this console; further settings as keywords."""
    opened: list[TestClient] = []

    def start(**settings: Any) -> TestClient:
        app = create_app(dossier, reads, ApiSettings(token_secret=SECRET, console=built, **settings))
        client = TestClient(app, raise_server_exceptions=False)
        opened.append(client.__enter__())
        return client

    yield start
    for client in opened:
        client.__exit__()


@pytest.fixture
def console(open_console: Open) -> TestClient:
    """The console, spoken to by a browser."""
    return open_console()


def nonce_of(page: Response) -> str:
    """The nonce in a page's policy."""
    found = re.search(r"style-src 'self' 'nonce-([\w-]{20,})'", page.headers["Content-Security-Policy"])
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/customers/1001", "/customers/1001/history?valid=2026-06-20&drawer"]
)
def test_a_browser_gets_the_page_at_every_path(console: TestClient, path: str) -> None:
    page = console.get(path, headers=BROWSER)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["Cache-Control"] == "no-cache"
    assert '<script type="module" crossorigin src="/assets/index-AAAAAAAA.js">' in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/v1/nothing",
        "/health/nothing",
        "/metrics/x",
        "/assets/nothing.js",
        "/problems/nothing",
        "/console/x",
        "/docs/x",
    ],
)
def test_what_is_no_page_is_not_answered_with_one(console: TestClient, path: str) -> None:
    assert_problem(console.get(path, headers=BROWSER), 404, "not-found")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html;q=0, */*", ""])
def test_a_client_that_does_not_ask_for_a_page_gets_none(console: TestClient, accept: str) -> None:
    assert_problem(console.get("/customers", headers={"Accept": accept}), 404, "not-found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_page_can_only_be_read(console: TestClient, method: str) -> None:
    assert_problem(console.request(method, "/customers", headers=BROWSER), 404, "not-found")


def test_a_page_allows_nothing_from_elsewhere(console: TestClient) -> None:
    page = console.get("/", headers=BROWSER)
    assert page.headers["Content-Security-Policy"] == (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce_of(page)}'; img-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in page.headers["Permissions-Policy"]


def test_each_page_has_a_nonce_of_its_own_which_it_repeats(console: TestClient) -> None:
    pages = [console.get("/", headers=BROWSER) for _ in range(3)]
    nonces = [nonce_of(page) for page in pages]
    assert len(set(nonces)) == len(pages)
    for page, nonce in zip(pages, nonces, strict=True):
        assert page.text.count(f'<meta property="csp-nonce" nonce="{nonce}">') == 1


def test_a_page_that_the_browser_has_is_not_sent_again_and_keeps_its_nonce(console: TestClient) -> None:
    first = console.get("/", headers=BROWSER)
    again = console.get("/customers", headers={**BROWSER, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert "Content-Security-Policy" not in again.headers
    assert console.get("/", headers={**BROWSER, "If-None-Match": 'W/"other"'}).status_code == 200


def test_a_page_names_what_it_will_load_beyond_the_entry(console: TestClient) -> None:
    links = re.findall(
        r'<link rel="(\w+)" crossorigin href="(.*?)">', console.get("/customers/1001", headers=BROWSER).text
    )
    assert links == [
        ("modulepreload", "/assets/CustomerPage-FFFFFFFF.js"),
        ("stylesheet", "/assets/CustomerPage-GGGGGGGG.css"),
        ("modulepreload", "/assets/forms-DDDDDDDD.js"),
        ("modulepreload", "/assets/fields-EEEEEEEE.js"),
    ]
    for path in ("/customers", "/customers/1001/history", "/"):
        assert "<link" not in console.get(path, headers=BROWSER).text


@pytest.mark.parametrize(
    ("theme", "attribute"),
    [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ('"><script>', ""), ("", "")],
)
def test_the_theme_is_set_before_the_first_paint(console: TestClient, theme: str, attribute: str) -> None:
    page = console.get("/", headers={**BROWSER, "Cookie": f"dossier-theme={theme}"})
    assert f'<html{attribute} lang="en">' in page.text
    assert "Cookie" in page.headers["Vary"]
    unthemed = console.get("/", headers=BROWSER)
    assert (page.headers["ETag"] == unthemed.headers["ETag"]) == (attribute == "")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("identity", None),
        ("br;q=0.000,*;q=0", None),
    ],
)
def test_an_asset_is_kept_for_ever_in_the_encoding_that_was_asked_for(
    console: TestClient, built: Path, accepted: str, encoding: str | None
) -> None:
    with console.stream("GET", ASSET, headers={"Accept-Encoding": accepted}) as asset:
        content = b"".join(asset.iter_raw())
    assert (asset.status_code, asset.headers.get("Content-Encoding")) == (200, encoding)
    assert content == Path(f"{built}{ASSET}{ {'br': '.br', 'gzip': '.gz', None: ''}[encoding] }").read_bytes()
    assert asset.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert asset.headers["Vary"] == "Accept-Encoding"
    assert asset.headers["X-Content-Type-Options"] == "nosniff"


def test_an_asset_without_encodings_is_sent_as_it_is(console: TestClient, built: Path) -> None:
    (built / "assets" / "logo-HHHHHHHH.svg").write_text("<svg/>")
    asset = console.get("/assets/logo-HHHHHHHH.svg")
    assert (asset.text, asset.headers["Content-Type"]) == ("<svg/>", "image/svg+xml")
    assert "Content-Encoding" not in asset.headers


@pytest.mark.parametrize(
    "path", ["/assets/old-ZZZZZZZZ.js", f"{ASSET}.br", "/assets/", "/assets/..%2findex.html", "/assets/%2e%2e"]
)
def test_a_missing_asset_is_missing(console: TestClient, path: str) -> None:
    for headers in ({}, BROWSER):
        assert_problem(console.get(path, headers=headers), 404, "not-found")


def test_the_licences_are_served(console: TestClient) -> None:
    licenses = console.get("/licenses.md", headers=BROWSER)
    assert (licenses.status_code, licenses.text) == (200, "# Licences\n")


def test_browsers_find_a_picture_for_their_tabs_whether_or_not_the_console_is_built(
    console: TestClient, built: Path
) -> None:
    shutil.rmtree(built)
    icon = console.get("/favicon.ico", headers={"Accept": "image/avif,image/webp,*/*;q=0.8"})
    assert (icon.status_code, icon.headers["Content-Type"]) == (200, "image/svg+xml")
    assert icon.text.startswith("<svg")


def test_a_console_that_was_never_built_says_how_to_build_it(console: TestClient, built: Path) -> None:
    shutil.rmtree(built)
    page = console.get("/", headers=BROWSER)
    assert (page.status_code, page.text, page.headers["Cache-Control"]) == (503, NOT_BUILT, "no-store")
    assert page.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert_problem(console.get(ASSET), 404, "not-found")
    assert console.get("/health/live").status_code == 200
    build(built)
    assert console.get("/", headers=BROWSER).status_code == 200


@pytest.mark.parametrize("missing", ["manifest.json", "routes.json", "embed.html", "assets"])
def test_an_incomplete_build_is_none(console: TestClient, built: Path, missing: str) -> None:
    path = built / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert console.get("/", headers=BROWSER).status_code == 503


def test_a_new_build_is_noticed(console: TestClient, built: Path) -> None:
    console.get("/", headers=BROWSER)
    (built / "index.html").write_text("<html><head></head>New</html>")
    assert "New" in console.get("/", headers=BROWSER).text


# Embedding


@pytest.mark.parametrize("part", ["drawer", "widget"])
def test_a_part_is_embedded_only_by_the_pages_that_may(open_console: Open, part: str) -> None:
    assert_problem(open_console().get(f"/embed/{part}/1001", headers=BROWSER), 404, "not-found")
    embedding = open_console(embed_origins=("https://desk.example", "http://127.0.0.1:9000"))
    page = embedding.get(f"/embed/{part}/1001", headers=BROWSER)
    assert page.status_code == 200
    assert "/assets/embed-CCCCCCCC.js" in page.text
    origins = "https://desk.example http://127.0.0.1:9000"
    assert f"frame-ancestors {origins};" in page.headers["Content-Security-Policy"]
    assert f'<meta name="dossier-embed-origins" content="{origins}">' in page.text
    assert "set-cookie" not in page.headers
    assert "frame-ancestors 'none';" in embedding.get("/", headers=BROWSER).headers["Content-Security-Policy"]


def test_nothing_else_is_embedded(open_console: Open) -> None:
    embedding = open_console(embed_origins=("https://desk.example",))
    for path in ("/embed/", "/embed/account/A-7", "/embed/drawer/", "/embed/drawer/1/2"):
        assert_problem(embedding.get(path, headers=BROWSER), 404, "not-found")


# The session


def sign_in(console: TestClient, role: Role = Role.ADMINISTRATOR, **more: Any) -> Response:
    """Signs in as the console's page does."""
    headers = {**OWN_PAGE, **more.pop("headers", {})}
    return console.post("/console/session", json={"token": token(role, **more)}, headers=headers)


def test_signing_in_makes_a_cookie_that_no_script_reads_and_no_other_site_sends(console: TestClient) -> None:
    answer = sign_in(console, Role.AGENT, sub="ada", seconds=600)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name.partition("=")[0] == "dossier-session"
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(attributes)
    assert not {"Secure"} & set(attributes)
    (lasts,) = [int(item.partition("=")[2]) for item in attributes if item.startswith("Max-Age=")]
    assert 590 <= lasts <= 600
    assert console.get("/v1/me", headers=OWN_PAGE).json() == answer.json()


def test_over_https_the_cookie_is_bound_to_the_host_and_to_https(console: TestClient) -> None:
    answer = sign_in(console, headers={"Origin": "https://dossier.example"})
    assert answer.headers["Set-Cookie"].startswith("__Host-dossier-session=")
    assert {"Secure", "Path=/"} <= set(answer.headers["Set-Cookie"].split("; "))
    assert "Domain" not in answer.headers["Set-Cookie"]
    value = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    other = {"Cookie": f"dossier-session=planted; __Host-dossier-session={value}"}
    assert console.get("/v1/me", headers={**OWN_PAGE, **other}).status_code == 200


def test_me_tells_who_one_is_and_where(console: TestClient, api: Api) -> None:
    api.put("/v1/controls/TZ", {"value": "Pacific/Kiritimati"})
    before = int(time.time()) + 600
    me = api.get("/v1/me", Role.AUDITOR).json()
    assert (me["actor"], me["roles"], me["company"]) == ("auditor", ["auditor"], "demo")
    assert me["time_zone"] == "Pacific/Kiritimati"
    assert me["today"] == api.dossier.today().isoformat()
    assert me["expires_at"].endswith("Z")
    ends = time.mktime(time.strptime(me["expires_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert before - 60 <= ends <= before + 60


@pytest.mark.parametrize(
    ("wrong", "status", "slug", "detail"),
    [
        ("", 401, "unknown-caller", "The token is not valid."),
        ("x", 401, "unknown-caller", "The token is not valid."),
        (token(Role.AGENT, seconds=-5), 401, "unknown-caller", "The token has expired."),
        (
            token(Role.AGENT, company="other", seconds=A_DAY_S),
            403,
            "forbidden",
            "The token belongs to another company.",
        ),
        ("x" * 3_801, 422, "invalid", ""),
    ],
)
def test_a_token_that_is_refused_makes_no_session(
    console: TestClient, wrong: str, status: int, slug: str, detail: str
) -> None:
    answer = console.post("/console/session", json={"token": wrong}, headers=OWN_PAGE)
    problem = assert_problem(answer, status, slug)
    assert detail in problem["detail"]
    assert status == 403 or fields(answer) == {"token"}
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Dossier-Console": "1"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-site", "Dossier-Console": "1"},
        {"Sec-Fetch-Site": "cross-site", "Dossier-Console": "1"},
        {"Sec-Fetch-Site": "none", "Dossier-Console": "1"},
    ],
)
def test_no_other_page_signs_anybody_in_or_out(console: TestClient, method: str, headers: dict[str, str]) -> None:
    body = {"json": {"token": token(Role.AGENT)}} if method == "POST" else {}
    answer = console.request(method, "/console/session", headers=headers, **body)
    assert_problem(answer, 403, "forbidden")
    assert "Set-Cookie" not in answer.headers


def test_signing_out_takes_the_cookie_away(console: TestClient) -> None:
    sign_in(console)
    answer = console.delete("/console/session", headers=OWN_PAGE)
    assert (answer.status_code, answer.content) == (204, b"")
    assert {line.partition("=")[0] for line in answer.headers.get_list("Set-Cookie")} == {
        "dossier-session",
        "__Host-dossier-session",
    }
    assert all("Max-Age=0" in line for line in answer.headers.get_list("Set-Cookie"))
    assert_problem(console.get("/v1/me", headers=OWN_PAGE), 401, "unknown-caller")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Dossier-Console": "1"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-site", "Dossier-Console": "1"},
        {"Sec-Fetch-Site": "cross-site", "Dossier-Console": "1"},
        {"Sec-Fetch-Site": "none", "Dossier-Console": "1"},
    ],
)
def test_a_session_counts_for_no_request_of_another_page(
    console: TestClient, api: Api, headers: dict[str, str]
) -> None:
    sign_in(console)
    with api.storing_nothing():
        answer = console.post("/v1/customers", json={"number": "1001", "name": "Ada"}, headers=headers)
        assert_problem(answer, 401, "unknown-caller")
        assert_problem(console.get("/v1/customers", headers=headers), 401, "unknown-caller")


def test_a_session_writes_for_the_consoles_own_pages(console: TestClient, api: Api) -> None:
    sign_in(console, sub="ada")
    headers = {**OWN_PAGE, "Dossier-Source": "ui"}
    body = {"number": "1001", "name": "Ada"}
    assert console.post("/v1/customers", json=body, headers=headers).status_code == 201
    (recorded,) = api.dossier.log_of_facts.select_notifications(api.end(), 1)
    origin = api.dossier.fact_mapper.to_domain_event(recorded).origin
    assert (origin.actor, origin.source.value) == ("ada", "ui")


def test_a_stream_is_followed_without_a_header_of_our_own(console: TestClient, api: Api) -> None:
    register(api)
    sign_in(console)
    stream = {"Accept": "text/event-stream"}
    assert_problem(console.get("/v1/events", headers=stream), 401, "unknown-caller")
    assert_problem(console.get("/v1/events", headers={**stream, "Sec-Fetch-Site": "cross-site"}), 401, "unknown-caller")
    answer = console.get("/v1/events", headers={**stream, "Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")


def test_only_streams_of_events_and_files_to_download_do_without_that_header() -> None:
    operations = [
        (method, operation)
        for item in describe_only()["paths"].values()
        for method, operation in item.items()
        if {"session": []} in operation.get("security", ())
    ]
    assert operations
    for method, operation in operations:
        assert method == "get"
        assert {"text/event-stream", "text/csv", "application/x-ndjson"} & set(operation["responses"]["200"]["content"])


def test_a_read_that_is_recorded_is_no_stream(console: TestClient, api: Api) -> None:  # rule 5.2
    register(api)
    sign_in(console)
    headers = {"Accept": "text/event-stream", "Sec-Fetch-Site": "same-origin"}
    with api.storing_nothing():
        answer = console.get("/v1/customers/1001/fields?unmask=true", headers=headers)
        assert_problem(answer, 401, "unknown-caller")


def test_a_header_goes_before_the_session(console: TestClient) -> None:
    sign_in(console, sub="ada")
    other = {"Authorization": f"Bearer {token(Role.AGENT, sub='bob')}"}
    assert console.get("/v1/me", headers={**OWN_PAGE, **other}).json()["actor"] == "bob"
    for header in ("", "Bearer x"):
        answer = console.get("/v1/me", headers={**OWN_PAGE, "Authorization": header})
        assert_problem(answer, 401, "unknown-caller")


def test_a_session_ends_with_its_token(console: TestClient) -> None:
    ended = {"Cookie": f"{sessions.COOKIE}={token(Role.AGENT, seconds=-5)}"}
    problem = assert_problem(console.get("/v1/me", headers={**OWN_PAGE, **ended}), 401, "unknown-caller")
    assert problem["detail"] == "The token has expired."


def test_the_header_of_the_console_has_one_value(api: Api) -> None:
    assert api.get("/v1/categories", headers={"Dossier-Console": "1"}).status_code == 200
    assert fields(api.get("/v1/categories", headers={"Dossier-Console": "yes"})) == {"Dossier-Console"}


# Compressed answers


def raw(api: Api, path: str, **headers: str) -> tuple[Response, bytes]:
    """An answer, and its body as it was sent."""
    sent = {"Authorization": f"Bearer {api.token()}", "Accept-Encoding": "identity", **headers}
    with api.client.stream("GET", path, headers=sent) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.fixture
def category(api: Api, runners: None) -> str:
    """The path of a category with a large answer."""
    api.post("/v1/categories", {"code": 7, "description": "Age"})
    for number in range(20):
        body = {"code": f"R{number}", "description": f"Group {number} of the ages"}
        assert api.post("/v1/categories/7/responses", body).status_code == 201
    api.seen("/v1/categories/7")
    return "/v1/categories/7"


def test_a_large_answer_is_compressed_where_the_client_takes_it(api: Api, category: str) -> None:
    plain, content = raw(api, category)
    assert "Content-Encoding" not in plain.headers
    zipped, packed = raw(api, category, **{"Accept-Encoding": "br, gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == content
    assert len(packed) < len(content) / 2
    assert zipped.headers["Content-Length"] == str(len(packed))
    assert plain.headers["Vary"] == zipped.headers["Vary"] == "Accept-Encoding"
    assert raw(api, category, **{"Accept-Encoding": "gzip"})[1] == packed
    assert "Content-Encoding" not in raw(api, category, **{"Accept-Encoding": "gzip;q=0, *"})[0].headers


def test_head_has_the_headers_of_the_compressed_answer(api: Api, category: str) -> None:
    zipped, packed = raw(api, category, **{"Accept-Encoding": "gzip"})
    head = api.call("HEAD", category, headers={"Accept-Encoding": "gzip"})
    assert (head.headers["Content-Length"], head.content) == (str(len(packed)), b"")
    assert head.headers["ETag"] == zipped.headers["ETag"]


def test_each_encoding_has_a_tag_of_its_own_and_both_name_the_version(api: Api, category: str) -> None:
    tags = {
        encoding: raw(api, category, **{"Accept-Encoding": encoding})[0].headers["ETag"]
        for encoding in ("identity", "gzip")
    }
    version = tags["identity"].strip('"')
    assert tags == {"identity": f'"{version}"', "gzip": f'"{version}-gzip"'}
    for tag in tags.values():
        answer, content = raw(api, category, **{"Accept-Encoding": "gzip", "If-None-Match": tag})
        assert (answer.status_code, answer.headers["ETag"], content) == (304, tag, b"")
        assert answer.headers["Vary"] == "Accept-Encoding"
        stale = {"If-Match": tag.replace(version, "1")}
        assert_problem(api.patch(category, {"description": "Era"}, headers=stale), 412, "stale-version")
    written = api.patch(category, {"description": "Era"}, headers={"If-Match": tags["gzip"]})
    assert written.status_code == 200


def test_small_answers_and_streams_are_sent_as_they_are(api: Api, category: str) -> None:
    small, _ = raw(api, "/v1/me", **{"Accept-Encoding": "gzip"})
    assert (small.headers["Vary"], "Content-Encoding" in small.headers) == ("Accept-Encoding", False)
    for accept in ("application/x-ndjson", "text/event-stream"):
        events, content = raw(api, "/v1/events", **{"Accept-Encoding": "gzip", "Accept": accept})
        assert "Content-Encoding" not in events.headers
        assert len(content) > 1_024


def test_a_very_large_answer_is_compressed_too(api: Api, category: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.compression.MOST_AT_ONCE", 1_024)
    answer, packed = raw(api, category, **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b'"code":7' in gzip.decompress(packed)


def test_a_large_problem_is_compressed_too(api: Api) -> None:
    names = "&".join(f"unknown_{number}=1" for number in range(60))
    answer, packed = raw(api, f"/v1/categories?{names}", **{"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (422, "gzip")
    assert b"unknown_59" in gzip.decompress(packed)
