"""README and CONTRIBUTING are correct: the commands of the README are run, and what both refer to exists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command_line import eventually

from .test_up import Up, own_directory, shell

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """The product, running."""
    with own_directory() as directory:
        running = Up(directory)
        try:
            yield running.wait_until_ready()
        finally:
            running.end()


def answer_of(up: Up, block: str) -> Any:
    """What a block for the shell prints, as JSON; run as it stands, but at this server's address and with curl's complaints."""
    command = block.replace("localhost:8000", up.address.removeprefix("http://")).replace("curl -s", "curl -fsS")
    found = shell(*(line for line in up.printed if line.startswith("export ")), command)
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_every_line_for_the_shell_does_what_the_readme_says(up: Up) -> None:
    one_day, another_day, drawer, call, edit, fields, history, assign, resolve, deliveries = re.findall(
        r"```sh\n(.*?)```", README, re.DOTALL
    )
    assert answer_of(up, one_day)["changed"]
    assert answer_of(up, another_day)["changed"]

    def shown() -> dict[str, str]:
        return {category["description"]: category["value"] for category in answer_of(up, drawer)["categories"]}

    eventually(lambda: shown()["Homeowner"] == "RENT", "the read has the last write")
    assert shown()["Age"] == "A3"
    eventually(lambda: [one["interaction"] for one in answer_of(up, call)["items"]] == ["CALL-1"], "the call is there")
    assert answer_of(up, edit)["message"] == "Customer profile changed successfully"

    def labels() -> dict[str, str]:
        return {one["label"]: one["value"] for one in answer_of(up, fields)["business"]["fields"]}

    eventually(lambda: labels()["City"] == "Oxford", "the widget has the last write")
    assert list(labels()) == sorted(labels())
    eventually(
        lambda: any(entry["reason"] == "told us on the phone" for entry in answer_of(up, history)["items"]),
        "the history has the last write",
    )
    assert answer_of(up, assign)["changed"]
    assert answer_of(up, resolve)["amounts"]["USD"]["credit_limit"]["profile_class"] == "Late payers"
    eventually(lambda: answer_of(up, deliveries)["items"], "the deliveries are there")


def test_what_the_readme_points_at_is_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    rooms = re.findall(r"^(src/\w+/)", README, re.MULTILINE)
    assert links
    assert len(rooms) == 7
    for path in (*links, *rooms):
        assert (ROOT / path).exists(), path


def test_every_file_that_contributing_names_exists() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    files = re.findall(r"`((?:src|tests|docs)/[^`\s]*(?: model>[^`\s]*)?)`", contributing)
    assert len(files) > 30
    missing = [name for name in files if not any(ROOT.glob(re.sub(r"<[^>]*>", "*", name)))]
    assert missing == []


def test_the_make_targets_of_the_readme_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"make (\w+)", README)):
        assert re.search(rf"^(?:\w+ )*{target}(?: \w+)*:", makefile, re.MULTILINE), target
