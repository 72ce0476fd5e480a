"""The two READMEs say what the code does: every variable, every command, every picture."""

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from crm.core.mail import Letter
from crm.outbox.robots import Endpoint, request_of
from crm.outbox.rules import Channel

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
OF_OTHERS = {"WEB_CONCURRENCY", "GUNICORN_BIND"}
"""Read by gunicorn's configuration in deploy/."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def names_read_by_config() -> set[str]:
    return set(re.findall(r'(?:env\.get|whole)\("([A-Z_]+)"', text_of("crm/config.py")))


@pytest.mark.parametrize("name", READMES)
def test_the_table_names_every_variable_the_configuration_reads_and_no_other(name):
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", text_of(name), re.MULTILINE))
    assert table - OF_OTHERS == names_read_by_config()


@pytest.mark.parametrize("name", ["deploy/lianzhao.env.example"])
def test_the_example_of_an_environment_sets_no_unknown_variable(name):
    set_there = set(re.findall(r"^([A-Z_]+)=", text_of(name), re.MULTILINE))
    assert set_there - OF_OTHERS <= names_read_by_config()


def commands(group: click.Command, before: str = "") -> set[str]:
    if not isinstance(group, click.Group):
        return {before.strip()}
    return {
        name
        for key, command in group.commands.items()
        if not command.hidden
        for name in commands(command, f"{before} {key}")
    }


@pytest.mark.parametrize("name", READMES)
def test_every_command_of_ours_is_in_the_reference(name):
    from crm import cli

    app = click.Group("app")

    class Recorder:
        cli = app

    cli.register(Recorder())
    chapters = re.split(r"^## ", text_of(name), flags=re.MULTILINE)
    reference = next(each for each in chapters if each.startswith(("Command line", "命令行")))
    described = set(re.findall(r"^\| `([a-z-]+(?: [a-z-]+)?)[^`]*` \|", reference, re.MULTILINE))
    assert described == commands(app)


@pytest.mark.parametrize("name", [*READMES, "deploy/README.md", "CONTRIBUTING.md"])
def test_every_file_a_page_points_to_is_there(name):
    folder = (ROOT / name).parent
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text_of(name))
    assert [target for target in targets if not (folder / target).exists()] == []


def test_pictures_stay_small():
    for picture in (ROOT / "docs" / "screenshots").glob("*.png"):
        assert picture.stat().st_size < 300_000, picture.name


def test_every_decision_has_a_number_of_its_own_and_bears_it():
    found = sorted(path for path in (ROOT / "docs/adr").glob("[0-9]*.md"))
    numbers = [path.name[:4] for path in found]
    assert numbers == [f"{n:04d}" for n in range(1, len(found) + 1)]
    for path, number in zip(found, numbers, strict=True):
        assert path.read_text(encoding="utf-8").startswith(f"# {number} "), path.name


@pytest.mark.parametrize("name", READMES)
def test_the_signed_request_of_the_readme_is_what_goes_over_the_wire(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    head, body = text.split("```http\n")[1].split("\n```")[0].split("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    said = f"{headers['X-LianZhao-Timestamp']}.{body}".encode()
    signed = hmac.new(b"example-secret", said, hashlib.sha256).hexdigest()
    assert headers["X-LianZhao-Signature"] == f"sha256={signed}"
    told = json.loads(body)
    letter = Letter(
        message_id=told["id"], sender="", sender_name="", address=told["to"], name="",
        subject=told["title"], text=told["text"], html="", locale=told["locale"],
        at=datetime.fromisoformat(told["written_at"]),
    )  # fmt: skip
    endpoint = Endpoint(Channel.SMS, "https://sms.example.gov.cn/send", "example-secret")
    at = datetime.fromtimestamp(int(headers["X-LianZhao-Timestamp"]), UTC)
    sent = request_of(endpoint, letter, at)
    assert (sent.body.decode(), dict(sent.headers)) == (body, headers)


def test_every_complaint_has_a_test_that_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text_of("docs/complaints.md"))
    assert len(named) > 20
    gone = [f"{path}::{test}" for path, test in named if f"def {test}(" not in text_of(path)]
    assert gone == []
