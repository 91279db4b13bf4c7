"""Settings in the environment, and their defaults."""

import stat
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cli.data_directory.secrets_file import FILE, Secrets, SecretsFileError, make_secrets, secrets_of
from cli.errors import NoDataError
from cli.settings import LONGEST_COMPANY, SettingsError, load


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    settings = load()
    assert (settings.company, settings.schema_name) == ("demo", "dossier_demo")
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.data_dir == tmp_path / "data"
    assert settings.kafka_bootstrap_servers is None


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("DOSSIER_PORT", "")
    assert load().database_url is None
    assert load().port == 8000


@pytest.mark.parametrize("company", ["a", "acme_2", "x" * LONGEST_COMPANY])
def test_a_company_names_its_schema(monkeypatch: pytest.MonkeyPatch, company: str) -> None:
    monkeypatch.setenv("DOSSIER_COMPANY", company)
    assert load().schema_name == f"dossier_{company}"


@pytest.mark.parametrize("company", ["Acme", "1a", "_a", "a-b", 'a"; DROP', "x" * (LONGEST_COMPANY + 1), "ä"])
def test_a_company_that_cannot_name_a_schema_is_refused(monkeypatch: pytest.MonkeyPatch, company: str) -> None:
    monkeypatch.setenv("DOSSIER_COMPANY", company)
    with pytest.raises(SettingsError, match="DOSSIER_COMPANY: must have 1 to 30 small letters"):
        load()


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        ("https://desk.example", ("https://desk.example",)),
        (" http://127.0.0.1:9000  https://[::1]:8443 ", ("http://127.0.0.1:9000", "https://[::1]:8443")),
    ],
)
def test_origins_that_may_embed_parts_are_separated_by_spaces(
    monkeypatch: pytest.MonkeyPatch, text: str, origins: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DOSSIER_EMBED_ORIGINS", text)
    assert load().embed_origins == origins


@pytest.mark.parametrize(
    "text",
    [
        *("*", "https://*.example", "desk.example", "https://desk.example/", "https://desk.example/path", "https:"),
        *("https://desk.example;script-src", "https://a.example,https://b.example", "'self'", "javascript://x"),
    ],
)
def test_what_is_no_origin_may_embed_nothing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DOSSIER_EMBED_ORIGINS", f"https://desk.example {text}")
    with pytest.raises(SettingsError, match="DOSSIER_EMBED_ORIGINS: must be origins"):
        load()


def test_every_wrong_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSSIER_PORT", "eighty")
    monkeypatch.setenv("DOSSIER_WORKERS", "0")
    monkeypatch.setenv("DOSSIER_LOG_LEVEL", "loud")
    with pytest.raises(SettingsError, match=r"DOSSIER_PORT.*DOSSIER_WORKERS.*DOSSIER_LOG_LEVEL"):
        load()


def test_pools_are_sized_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSSIER_POOL_SIZE", "20")
    monkeypatch.setenv("DOSSIER_THREADS", "60")
    assert (load().pool_size, load().threads) == (20, 60)
    monkeypatch.setenv("DOSSIER_POOL_SIZE", "3")
    monkeypatch.setenv("DOSSIER_THREADS", "many")
    with pytest.raises(SettingsError, match=r"DOSSIER_POOL_SIZE.*DOSSIER_THREADS"):
        load()


@pytest.mark.parametrize(
    "url", ["http://localhost", "https://engagement.example.com:8443/api/v2", "http://[::1]:8081/", "HTTPS://10.0.0.1/"]
)
def test_customer_engagement_has_an_address(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CUSTOMER_ENGAGEMENT_URL", url)
    assert load().customer_engagement_url == url


@pytest.mark.parametrize(
    "url",
    [
        "engagement.example.com",
        "engagement:8081",
        "ftp://engagement",
        "https://",
        "http:///api",
        "http://engagement:port",
        "http://engagement:65536",
        "http://engagement:0",
        "http://[::1",
        "http://engagement/my api",
        "http://engagement\n",
        "http://engägement",
        "http://ann:secret@engagement",
        "http://engagement/?tenant=1",
        "http://engagement/#top",
    ],
)
def test_an_address_that_cannot_be_sent_to_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CUSTOMER_ENGAGEMENT_URL", url)
    with pytest.raises(SettingsError, match="CUSTOMER_ENGAGEMENT_URL: must be an address such as https://") as refused:
        load()
    assert "secret" not in str(refused.value)


def test_the_log_level_may_be_written_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSSIER_LOG_LEVEL", "WARNING")
    assert load().log_level == "warning"


def test_secrets_are_made_once_and_are_for_their_owner_only(tmp_path: Path) -> None:
    first = load()
    make_secrets(first.data_dir)
    assert len(b64decode(first.master_key)) == 32
    assert (load().master_key, load().token_secret) == (first.master_key, first.token_secret)
    assert stat.S_IMODE((tmp_path / "data" / FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FILE]


def test_many_that_ask_at_once_get_the_same_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: made(tmp_path / "data"), range(32)))
    assert len(set(map(str, found))) == 1


def made(directory: Path) -> Secrets:
    make_secrets(directory)
    return secrets_of(directory)


def test_secrets_are_not_made_by_who_only_reads_them(tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match=r"There is no data in .*data\. Run `dossier up`"):
        _ = load().token_secret
    assert not (tmp_path / "data").exists()


def test_damaged_secrets_are_told_and_left_alone(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    (tmp_path / FILE).write_text("{")
    with pytest.raises(SecretsFileError, match="its master key cannot be replaced"):
        secrets_of(tmp_path)
    assert (tmp_path / FILE).read_text() == "{"


@pytest.mark.parametrize(
    ("name", "variable"), [("master_key", "DOSSIER_MASTER_KEY"), ("token_secret", "DOSSIER_TOKEN_SECRET")]
)
def test_with_a_database_given_secrets_must_be_given_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, variable: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://example")
    with pytest.raises(SettingsError, match=f"{variable} must be set when DATABASE_URL is set"):
        getattr(load(), name)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("key", ["short", "c2hvcnQ=", "not base64!"])
def test_a_master_key_of_another_length_is_refused(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("DOSSIER_MASTER_KEY", key)
    with pytest.raises(SettingsError, match="must be base64 of 32 bytes"):
        _ = load().master_key


def test_a_short_token_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSSIER_TOKEN_SECRET", "x" * 31)
    with pytest.raises(SettingsError, match="at least 32 characters"):
        _ = load().token_secret


def test_secrets_do_not_show_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSSIER_TOKEN_SECRET", "do-not-show-this-secret-anywhere-please")
    assert "do-not-show" not in repr(load())
