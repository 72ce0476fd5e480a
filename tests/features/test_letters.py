"""The reminder mail word for word, in both languages.

A wanted change: run this file with WRITE_MAILS=1, then read what it wrote.
"""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from crm.leads.rules import Stage
from crm.reminders.letters import MOST_ITEMS, due_letter
from crm.reminders.queries.mails import DueItem, DueMail

MAILS = Path(__file__).resolve().parents[1] / "fixtures" / "mails"
ON = date(2026, 12, 4)
AT = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)


def item(number: int, due_on: date = ON, **changes) -> DueItem:
    late = (ON - due_on).days
    plain = DueItem(
        lead_id=number,
        title=f"示例项目{number}",
        investor="示例科技有限公司",
        stage=Stage.NEGOTIATING,
        detail="约谈投资方负责人",
        due_on=due_on,
        days_overdue=late,
    )
    return replace(plain, **changes)


MAIL = DueMail(
    person_id=7,
    name="王芳",
    address="wangfang@example.gov.cn",
    locale="zh",
    problem=None,
    items=(
        item(12, ON - timedelta(days=10), investor=None, title="<锂电>&“隔膜”项目"),
        item(15, ON - timedelta(days=1)),
        item(9, detail=None),
    ),
)


@pytest.fixture
def letter(app):
    def make(**changes):
        with app.app_context():
            return due_letter(replace(MAIL, **changes), ON, AT, 17, app.extensions["settings"])

    return make


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("part", ["text", "html"])
def test_the_mail_reads_exactly_so(letter, locale, part):
    written = letter(locale=locale)
    content = f"{written.subject}\n\n{getattr(written, part)}"
    file = MAILS / f"due.{locale}.{'txt' if part == 'text' else 'html'}"
    if os.environ.get("WRITE_MAILS"):
        file.write_text(content, encoding="utf-8")
    assert content == file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("items", "subject"),
    [
        (MAIL.items, "链招：1项今日到期，另有2项已逾期（2026年12月4日）"),
        (MAIL.items[:2], "链招：2项已逾期（2026年12月4日）"),
        (MAIL.items[2:], "链招：1项今日到期（2026年12月4日）"),
    ],
)
def test_the_subject_says_how_much_is_due_and_how_much_is_late(letter, items, subject):
    assert letter(items=items).subject == subject


def test_a_very_long_list_is_cut_and_says_how_many_are_left(letter):
    items = tuple(item(n) for n in range(1, 4)) + tuple(
        item(100 + n, ON - timedelta(days=1)) for n in range(MOST_ITEMS)
    )
    written = letter(items=items)
    assert written.html.count("/leads/") == written.text.count("/leads/") == MOST_ITEMS
    assert "另有3项未列出" in written.text
    assert "60项已逾期" in written.text


def test_the_links_begin_with_the_address_of_the_installation(letter, app):
    base = app.extensions["settings"].base_url
    assert f"{base}/leads/12\n" in letter().text
    assert f'href="{base}/leads/12"' in letter().html


def test_the_sender_and_the_identifier_are_those_of_the_installation(letter, app):
    written = letter()
    assert written.sender == app.extensions["settings"].mail_sender
    assert written.message_id == "due_digest.20261204.17@localhost"
    assert letter(locale="en").sender_name == "Investment Promotion Bureau"
