"""Checks of the image and the compose file without a container engine: they name only what exists, and contain no secrets."""

import re
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner

from cli.main import app
from cli.settings import Settings
from cli.variable_files import VARIABLES

DEPLOY = Path(__file__).parents[2] / "deploy"
SECRETS = {
    "DOSSIER_MASTER_KEY": "${DOSSIER_MASTER_KEY?set it}",
    "DOSSIER_TOKEN_SECRET": "${DOSSIER_TOKEN_SECRET?set it}",
    "CUSTOMER_ENGAGEMENT_TOKEN": "${CUSTOMER_ENGAGEMENT_TOKEN?set it}",
    "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:?set it}",
}
FILES = {f"{variable}_FILE" for variable in VARIABLES} - {"DATABASE_URL_FILE"}
"""The address of the database is made of POSTGRES_PASSWORD."""


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


def ours() -> dict[str, Any]:
    return {name: service for name, service in compose().items() if service["image"].startswith("dossier:")}


def test_every_process_has_a_container_that_starts_a_command_there_is() -> None:
    assert set(ours()) == {"migrate", "api", "project", "relay", "forward", "work", "simulator"}
    for name, service in ours().items():
        command, *options = service["command"]
        help_text = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
        assert help_text.exit_code == 0, name
        assert all(option in help_text.stdout for option in options if option.startswith("--")), name


def test_everything_that_runs_on_is_watched_and_waits_for_the_migration() -> None:
    for name, service in compose().items():
        if name != "migrate":
            assert service["healthcheck"]["test"][0] == "CMD", name
            assert service["restart"] == "unless-stopped", name
    for name in ("api", "project", "relay", "forward", "work"):
        assert ours()[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_settings_of_containers_are_settings_there_are() -> None:
    known = {field.alias for field in Settings.model_fields.values()}
    for service in ours().values():
        assert set(service["environment"]) <= known | FILES


def test_secrets_come_from_the_environment_only() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    assert all(secret in text for secret in SECRETS.values())
    for service in compose().values():
        for name, value in service["environment"].items():
            assert value == SECRETS.get(name, value)


def test_a_secret_may_come_from_a_file_in_every_container() -> None:
    for name, service in ours().items():
        passed = {variable: value for variable, value in service["environment"].items() if variable in FILES}
        assert passed == {variable: f"${{{variable}:-}}" for variable in FILES}, name
        assert any(volume.endswith(":/run/secrets:ro") for volume in service["volumes"]), name


def test_the_broker_is_the_one_the_tests_run_against() -> None:
    version = re.search(r"<kafka\.version>(.+?)<", (DEPLOY / "kafka" / "pom.xml").read_text())
    assert version is not None
    assert compose()["kafka"]["image"] == f"apache/kafka:{version[1]}"


def pins(path: Path) -> dict[str, str]:
    """Each package of a lock with its version and hashes."""
    blocks = re.split(r"^(?=[a-z0-9])", path.read_text(), flags=re.MULTILINE)
    found = (re.match(r"([a-z0-9-]+)==(\S+)", block) for block in blocks)
    return {
        match[1]: " ".join([match[2], *sorted(re.findall(r"sha256:[0-9a-f]+", match.string))])
        for match in found
        if match
    }


def test_the_image_gets_what_was_tested() -> None:
    tested = pins(DEPLOY.parent / "requirements.lock")
    for lock, least in (("requirements.lock", 5), ("build.lock", 5), ("console.lock", 2)):
        shipped = pins(DEPLOY / lock)
        assert len(shipped) >= least
        assert {name: pin for name, pin in shipped.items() if tested.get(name) != pin} == {}


def test_the_image_runs_as_nobody_and_checks_hashes() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    installs = re.findall(r"pip install .*--requirement \S+", text)
    assert len(installs) == 3
    assert all("--require-hashes" in install for install in installs)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    assert all((DEPLOY.parent / source).exists() for line in copied for source in line.split())
