"""What import contracts cannot say: where words, templates, commits and migrations stand."""

import ast
import importlib
import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import nodes

from crm import translations
from crm.core import migrations
from tests.databases import settings_for

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PYTHON = sorted([*(ROOT / "crm").rglob("*.py"), *(ROOT / "worker").rglob("*.py")])
VIEWS = [p for p in PYTHON if p.name == "views.py" or p.parent.name == "views"]
RULES = [p for p in PYTHON if p.name == "rules.py" or p.parent.name == "rules"]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called == name:
                yield node


# ---------------------------------------------------------------- code


def test_no_task_waits_in_the_broker():
    """A task with an ETA is delivered again and again once it waits longer than Redis looks away."""
    waiting = {"eta", "countdown", "autoretry_for", "retry_backoff", "default_retry_delay"}
    found = [
        (place(path), node.lineno, node.arg)
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg in waiting
    ]
    assert found == []


@pytest.mark.parametrize("path", VIEWS, ids=place)
def test_a_view_renders_only_templates_of_its_own_feature_or_shared_ones(path):
    feature = path.relative_to(ROOT / "crm").parts[0]
    for call in calls(path, "render_template"):
        names = [
            node.value
            for node in ast.walk(call.args[0])
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "/" in node.value
        ]
        assert names, f"{place(path)}:{call.lineno} renders a template nobody can look up"
        for name in names:
            assert name.split("/")[0] in {feature, "shared", "errors"}, f"line {call.lineno}"
            assert (ROOT / "templates" / name).is_file(), f"{name} does not exist"


def test_only_the_database_module_commits():
    assert [
        f"{place(path)}:{call.lineno}"
        for path in PYTHON
        if place(path) != "crm/core/db.py"
        for call in calls(path, "commit")
    ] == []


def test_no_file_has_a_name_that_says_nothing():
    empty = {"utils", "util", "helpers", "helper", "manager", "misc", "common", "base"}
    assert [place(path) for path in PYTHON if path.stem in empty] == []


# ---------------------------------------------------------------- words


def module_of(path: Path) -> ModuleType:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return importlib.import_module(".".join(p for p in parts if p != "__init__"))


def codes() -> list[type[StrEnum]]:
    """Every StrEnum some feature's rules define."""
    found = {}
    for path in RULES:
        module = module_of(path)
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, StrEnum)
                and value.__module__ == module.__name__
            ):
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return [found[name] for name in sorted(found)]


def keys_in(value: object) -> Iterator[tuple[type, str]]:
    """Codes that are keys of a mapping, or of mappings in it; equal values of two enums stay two."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(key, StrEnum):
                yield (type(key), key.value)
            yield from keys_in(inner)


def worded_codes(feature: str) -> set[tuple[type, str]]:
    """Codes the wording of a feature has words for."""
    folder = ROOT / "crm" / feature
    paths = [
        each for each in (folder / "wording.py", folder / "wording/__init__.py") if each.is_file()
    ]
    return {
        key for path in paths for value in vars(module_of(path)).values() for key in keys_in(value)
    }


NOT_ON_SCREEN: set[str] = set()
"""Features whose codes no page shows yet. The first wording there brings all their codes in."""

NEVER_SHOWN = {
    "crm.chains.rules.chain_file.Column": "told by its heading in the file, which is Chinese for everybody",
    "crm.imports.rules.fields.LandUnit": "says how to read a cell; the cell itself is shown",
    "crm.imports.rules.layout.RowKind": "says which rows of a sheet to skip",
    "crm.quotas.rules.versions.Effect": "says which stored verdicts a version coming into force changes",
    "crm.reminders.rules.feed.FeedKind": "chooses the sentence of a day in the calendar feed",
    "crm.reminders.rules.why.ClockState": "told by the command `reminders why` alone, in English",
    "crm.reminders.rules.why.Why": "told by the command `reminders why` alone, in English",
    "crm.leads.rules.filters.Sort": "stands in addresses; the heads of the columns say it",
}
"""Codes no person ever reads, each with the reason."""


@pytest.mark.parametrize("code", codes(), ids=lambda c: f"{c.__module__}.{c.__qualname__}")
def test_every_code_has_words(code):
    if f"{code.__module__}.{code.__qualname__}" in NEVER_SHOWN:
        return
    feature = code.__module__.split(".")[1]
    worded = worded_codes(feature)
    if feature in NOT_ON_SCREEN:
        assert not worded, f"{feature} has words now: take it out of NOT_ON_SCREEN"
        return
    assert [member.value for member in code if (code, member.value) not in worded] == []


# ---------------------------------------------------------------- templates


@pytest.fixture(scope="module")
def jinja(tmp_path_factory):
    from crm.factory import create_app

    folder = tmp_path_factory.mktemp("templates")
    return create_app(settings_for(f"sqlite:///{folder / 'none.db'}", folder)).jinja_env


@pytest.fixture(scope="module")
def icons():
    """The icons of the sprite."""
    return set(json.loads((ROOT / "frontend/icons.json").read_text(encoding="utf-8"))["outline"])


@pytest.mark.parametrize("path", TEMPLATES, ids=place)
def test_a_template_parses_and_knows_the_filters_and_icons_it_uses(jinja, icons, path):
    tree = jinja.parse(path.read_text(encoding="utf-8"), place(path))
    assert icons_named(tree) <= icons
    jinja.compile(tree, place(path))


def icons_named(tree: nodes.Template) -> set[str]:
    named = set()
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "icon":
            named |= {a.value for a in call.args[:1] if isinstance(a, nodes.Const)}
        named |= {
            pair.value.value
            for pair in call.kwargs
            if pair.key == "icon_name" and isinstance(pair.value, nodes.Const)
        }
    return named - {None}


def test_the_icons_a_template_names_are_found(jinja):
    tree = jinja.parse("{{ icon('one') }}{{ empty('', icon_name='two') }}{{ icon(three) }}")
    assert icons_named(tree) == {"one", "two"}


@pytest.mark.parametrize("path", TEMPLATES, ids=place)
def test_a_template_obeys_the_content_security_policy(path):
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    is_mail = path.parent.name == "mail"  # read by Outlook, which knows inline styles alone
    assert is_mail or not re.search(r"<[^>]*\sstyle\s*=", text), "browsers ignore style attributes"
    assert not re.search(r"<style\b", text), "styles stand in frontend/"
    assert not re.search(r"<script\b(?![^>]*\ssrc=)", text), "scripts stand in frontend/"
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text), "listeners stand in frontend/"
    assert not re.search(r"javascript:", text)


def test_a_template_belongs_to_a_feature_or_to_everybody():
    folders = {p.relative_to(ROOT / "templates").parts[0] for p in TEMPLATES}
    assert folders - set(translations.features()) <= {"shared", "errors", "mail"}


# ---------------------------------------------------------------- migrations


def test_migrations_are_numbered_without_gaps_and_form_one_line():
    files = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    assert files
    previous = None
    for number, path in enumerate(files, start=1):
        assert re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", path.name), path.name
        said = dict(
            re.findall(
                r'^(revision|down_revision)\b[^=]*= (?:"(\w+)"|None)',
                path.read_text(encoding="utf-8"),
                re.MULTILINE,
            )
        )
        assert path.name[:4] == f"{number:04d}" == said["revision"]
        assert (said["down_revision"] or None) == previous
        previous = said["revision"]
    assert migrations.head() == previous
