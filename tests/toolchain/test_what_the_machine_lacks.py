"""Where a machine has no Node or Redis, or one that will not do, the wheel in `.venv` stands in.

Nothing is downloaded: programs of PATH are scripts of these tests, those of the wheels are real.
"""

import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import assets, redis_server

PACKAGES = Path(sysconfig.get_path("platlib"))


@pytest.fixture
def programs(tmp_path) -> Callable[..., str]:
    """`programs(node="echo v20.1.0")`: a PATH with nothing but these programs, each one line of sh."""

    def make(**lines: str) -> str:
        for name, line in lines.items():
            program = tmp_path / name.replace("_", "-")
            program.write_text(f"#!/bin/sh\n{line}\n")
            program.chmod(0o755)
        return str(tmp_path)

    return make


def test_a_node_of_the_machine_that_is_new_enough_is_used(programs):
    path = programs(node=f"echo v{assets.OLDEST_NODE}.0.0", npm="true")
    assert assets.node_on_path(path) == assets.Node(f"{path}/node", [f"{path}/npm"], path)


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"npm": "true"},
        {"node": "echo v20.1.0"},
        {"node": f"echo v{assets.OLDEST_NODE - 1}.9.9", "npm": "true"},
        {"node": "echo no such version >&2; exit 127", "npm": "true"},
    ],
    ids=["none", "npm alone", "no npm", "too old", "broken"],
)
def test_a_node_that_will_not_do_is_passed_over(programs, found):
    assert assets.node_on_path(programs(**found)) is None


def test_the_node_of_the_wheel_runs_with_its_npm_where_the_machine_has_neither(programs):
    found = assets.node_of_wheel(programs(), PACKAGES)
    for command in ([found.node], ["node"], found.npm):
        asked = subprocess.run(
            ["/usr/bin/env", *command, "--version"],
            env={"PATH": found.path}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert asked.returncode == 0, asked.stderr


def test_without_any_node_one_sentence_says_what_to_do(tmp_path):
    with pytest.raises(assets.AssetsError, match="make setup"):
        assets.node_of_wheel("", tmp_path)


def test_a_redis_of_the_machine_comes_first(programs, monkeypatch):
    path = programs(redis_server="true")
    monkeypatch.setenv("PATH", path)
    assert redis_server.binary() == f"{path}/redis-server"


@pytest.mark.parametrize("found", [{}, {"redis_server": "exit 127"}], ids=["none", "broken"])
def test_the_redis_of_the_wheel_runs_where_the_machine_has_none(programs, monkeypatch, found):
    monkeypatch.setenv("PATH", programs(**found))
    assert Path(redis_server.binary()).is_relative_to(PACKAGES)
