"""Words: every Chinese text on screen has English, and nobody can forget it quietly."""

import gettext
from pathlib import Path

import pytest

from crm import translations as t


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A product of two features, complete in both languages."""
    for folder in ("crm/core", "crm/leads", "templates/leads", "templates/shared"):
        (tmp_path / folder).mkdir(parents=True)
    for package in ("crm", "crm/core", "crm/leads"):
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "crm/leads/views.py").write_text('flash(_("已登记%(name)s", name=name))\n')
    (tmp_path / "crm/leads/wording.py").write_text(
        'COUNT = ngettext("%(num)s 个项目", "%(num)s 个项目", n)\nMAY = pgettext("月份", "五月")\n'
    )
    (tmp_path / "templates/leads/list.html").write_text(
        "<h1>{{ _('项目库') }}</h1>{{ _('保存') }}\n"
    )
    (tmp_path / "templates/shared/page.html").write_text("{% trans %}保存{% endtrans %}\n")
    say(tmp_path, "core", ("保存", None, None, "Save"))
    say(
        tmp_path,
        "leads",
        ("%(num)s 个项目", None, "%(num)s 个项目", "One lead", "%(num)s leads"),
        ("五月", "月份", None, "May"),
        ("已登记%(name)s", None, None, "%(name)s is registered"),
        ("项目库", None, None, "Leads"),
    )
    return tmp_path


def say(root: Path, feature: str, *rows: tuple[str | None, ...]) -> None:
    stanzas = [t.stanza(row[0], row[1], row[2], row[3:]) for row in rows]
    t.po_path(feature, root).write_text("\n".join([t.HEADER, *stanzas]), encoding="utf-8")


def test_a_complete_product_has_no_problems(tree):
    assert t.problems(tree) == []
    assert t.untranslated(tree) == []


def test_the_catalogue_speaks_english_with_plurals_and_contexts(tree):
    with t.compile_catalogue(tree).open("rb") as file:
        english = gettext.GNUTranslations(file)
    assert english.gettext("项目库") == "Leads"
    assert english.ngettext("%(num)s 个项目", "%(num)s 个项目", 1) == "One lead"
    assert english.ngettext("%(num)s 个项目", "%(num)s 个项目", 7) == "%(num)s leads"
    assert english.pgettext("月份", "五月") == "May"


def test_a_newer_po_is_compiled_again_and_an_older_one_is_not(tree):
    t.ensure_compiled(tree)
    built = t.mo_path(tree).stat().st_mtime_ns
    t.ensure_compiled(tree)
    assert t.mo_path(tree).stat().st_mtime_ns == built
    say(tree, "core", ("保存", None, None, "Keep"))
    t.ensure_compiled(tree)
    with t.mo_path(tree).open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("保存") == "Keep"


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("crm/leads/forms.py", '_("金额")', "“金额” has no English in crm/leads/en.po"),
        ("templates/shared/nav.html", "{{ _('提醒') }}", "no English in crm/core/en.po"),
        ("templates/errors/404.html", "{{ _('没有') }}", "no English in crm/core/en.po"),
        ("crm/leads/services.py", '_("Amount")', "“Amount” holds no Chinese"),
        ("crm/leads/services.py", '_(f"第{n}期")', "needs the text itself"),
        ("crm/leads/forms.py", 'label = "金额"', "“金额” stands outside _()"),
        ("templates/leads/a.html", "<p>金额</p>", "“金额” stands outside _()"),
        ("templates/leads/a.html", "{{ title or '金额' }}", "“金额” stands outside _()"),
        ("templates/leads/a.html", "{% if %}", "Expected an expression"),
    ],
)
def test_a_forgotten_text_is_named_with_its_place(tree, file, text, complaint):
    path = tree / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n")
    found = t.problems(tree)
    assert any(line.startswith(file) and complaint in line for line in found), found


def test_chinese_that_stays_chinese_says_so(tree):
    (tree / "crm/leads/forms.py").write_text('"""项目表单。"""\nNAME = "台账.xlsx"  # 原文\n')
    (tree / "templates/leads/letter.html").write_text("{# 原文 #}\n<p>报备回执</p>\n")
    assert t.problems(tree) == []


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (("项目库", None, None, ""), "“项目库” is empty"),
        (("项目库", None, None, "项目库"), "only repeated"),
        (("旧词", None, None, "Old word"), "shown nowhere any more"),
        (("已登记%(name)s", None, None, "Registered"), "different placeholders"),
        (("已登记%(name)s", None, None, "%(name)s of %(who)s"), "different placeholders"),
        (("保存", None, None, "Keep"), "“保存” is “Save” in crm/core/en.po"),
    ],
)
def test_a_mistake_in_a_po_is_named(tree, row, complaint):
    say(tree, "leads", row)
    assert any(complaint in line for line in t.problems(tree)), t.problems(tree)


def test_repeated_and_unsorted_stanzas_are_found_and_tidied(tree, monkeypatch):
    rows = t.entries("leads", tree)
    turned = [t.stanza(e.text, e.context, e.plural, e.english) for e in reversed(rows)]
    path = t.po_path("leads", tree)
    path.write_text("\n".join([t.HEADER, *turned]), encoding="utf-8")
    assert any("not tidy" in line for line in t.problems(tree))
    path.write_text("\n".join([t.HEADER, turned[0], *turned]), encoding="utf-8")
    assert any("repeated" in line for line in t.problems(tree))
    path.write_text(t.tidied("leads", tree), encoding="utf-8")
    assert t.problems(tree) == []
