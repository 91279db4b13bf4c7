"""The wheel contains the built console, and serves it where there is neither Node nor the source."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from built_console import SCRIPT, build

from .test_up import Up, own_directory

ROOT = Path(__file__).parents[2]
DESK = "https://desk.example"
PACKAGED = ("pyproject.toml", "README.md", ".gitignore")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment into which nothing but the wheel was installed; its dependencies are those of the tests."""
    directory = tmp_path_factory.mktemp("wheel")
    source, environment = directory / "source", directory / "environment"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "built"))
    for name in PACKAGED:
        shutil.copy(ROOT / name, source)
    build(source / "src" / "api" / "console" / "built")
    run("hatchling", "build", "--target", "wheel", "--directory", str(directory), cwd=source)
    venv.create(environment, with_pip=False)
    (wheel,) = directory.glob("*.whl")
    run("pip", "--python", str(environment), "install", "--quiet", "--no-deps", "--no-index", str(wheel), cwd=directory)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return environment


def run(module: str, *arguments: str, cwd: Path) -> None:
    """Runs a module of the environment of the tests."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def ask(url: str, body: Any = None, **headers: str) -> Any:
    """An answer with its content."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
    with urlopen(request, timeout=30) as answer:
        answer.content = answer.read()
        return answer


def test_an_installed_wheel_serves_the_console_and_its_links_sign_in(installed: Path) -> None:
    python = installed / "bin" / "python"
    assert shutil.which("node", path=str(python.parent)) is None
    found = subprocess.run(
        [python, "-P", "-c", "import api; print(api.__file__)"], capture_output=True, text=True, check=True
    )
    assert Path(found.stdout).is_relative_to(installed)
    with own_directory() as directory:
        up = Up(directory, python=python, PATH=str(python.parent), DOSSIER_EMBED_ORIGINS=DESK)
        try:
            check(up.wait_until_ready())
        finally:
            up.end()


def check(up: Up) -> None:
    """Checks the console of a running product."""
    page = ask(f"{up.address}/", Accept="text/html")
    (script,) = re.findall(r'src="(/assets/.*?)"', page.content.decode())
    assert ask(f"{up.address}{script}").content == SCRIPT
    assert ask(f"{up.address}{script}", Accept_Encoding="br").headers["Content-Encoding"] == "br"
    assert ask(f"{up.address}/licenses.md").status == 200
    embedded = ask(f"{up.address}/embed/widget/1001", Accept="text/html")
    assert f"frame-ancestors {DESK};" in embedded.headers["Content-Security-Policy"]
    links = dict(line.split() for line in up.printed if "/sign-in#" in line)
    assert links.keys() == {"administrator", "agent", "auditor", "integrator"}
    for role, link in links.items():
        address, _, token = link.partition("/sign-in#")
        own_page = {"Sec_Fetch_Site": "same-origin", "Dossier_Console": "1", "Content_Type": "application/json"}
        answer = ask(f"{address}/console/session", {"token": token}, **own_page)
        assert json.loads(answer.content)["roles"] == [role]
        assert "HttpOnly" in answer.headers["Set-Cookie"]
