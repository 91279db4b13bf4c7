"""The README keeps its word: what it shows is run, and what it points at is there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

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
            running.stop()


def test_every_line_for_the_shell_does_what_the_readme_says(up: Up) -> None:
    exports = [line for line in up.printed if line.startswith("export ")]
    address = up.address.removeprefix("http://")
    answers = []
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        command = block.replace("localhost:8000", address).replace("curl -s", "curl -fsS")
        found = shell(
            *exports, "until " + command.strip() + "; do sleep 0.2; done" if "valid_at" in command else command
        )
        assert found.returncode == 0, found.stderr
        answers.append(json.loads(found.stdout))
    first, second, drawer, history, deliveries = answers
    assert first["changed"]
    assert second["changed"]
    shown = {category["description"]: category["value"] for category in drawer["categories"]}
    assert (shown["Homeowner"], shown["Age"]) == ("RENT", "A3")
    assert any(entry["reason"] == "told us on the phone" for entry in history["items"])
    assert deliveries["items"]


def test_what_the_readme_points_at_is_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    rooms = re.findall(r"^(src/\w+/)", README, re.MULTILINE)
    assert links
    assert len(rooms) == 6
    for path in (*links, *rooms):
        assert (ROOT / path).exists(), path


def test_the_make_targets_of_the_readme_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"make (\w+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
