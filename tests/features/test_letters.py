"""The reminder mails word for word, in both languages, and as a mail program takes them apart."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from flask_babel import force_locale

from crm.accounts.models import Department
from crm.core.letters import Reader
from crm.core.mail import content
from crm.leads.rules import Stage
from crm.outbox.rules import DeliveryKind
from crm.reminders.letters import MOST_ITEMS, due_letter
from crm.reminders.queries.mails import DueItem, DueMail, Step
from crm.reminders.rules import Level, ReminderKind, ReminderState
from crm.reminders.rules.answers import Answer
from crm.reminders.rules.falling import Due
from crm.reminders.rules.grounds import ground_of
from crm.reminders.rules.settings import DEFAULTS
from crm.reminders.rules.tokens import AnswerToken, Tokens
from crm.reminders.unit_letters import UnitItem, unit_letter
from tests.mails import LOCALES, MAILS, PARTS, reads_exactly

pytestmark = pytest.mark.on("sqlite")

ON = date(2026, 12, 4)
AT = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)
SETTING = {each.kind: each for each in DEFAULTS}
K = ReminderKind


def item(
    number: int, due_on: date = ON, kind: ReminderKind = K.NEXT_ACTION, step: str = "due", **changes
) -> DueItem:
    plain = DueItem(
        lead_id=number,
        title=f"示例项目{number}",
        investor="示例科技有限公司",
        stage=Stage.NEGOTIATING,
        detail="约谈投资方负责人" if kind is K.NEXT_ACTION else None,
        due_on=due_on,
        days_overdue=(ON - due_on).days,
        reminder_kind=kind,
        step=step,
        subject=f"lead:{number}",
        reminder_id=100 + number,
        ground=ground_of(Due(kind, f"lead:{number}", step, due_on, number), SETTING[kind]),
    )
    return replace(plain, **changes)


TRAIL = (
    Step(Level.OWNER, "张伟", date(2026, 11, 20), ReminderState.ACKNOWLEDGED),
    Step(Level.UNIT_HEAD, "李明", date(2026, 11, 27), ReminderState.OPEN),
)
DIGEST = DueMail(
    person_id=7,
    name="王芳",
    address="wangfang@example.gov.cn",
    locale="zh",
    problem=None,
    items=(
        item(12, ON - timedelta(days=10), investor=None, title="<锂电>&“隔膜”项目"),
        item(15, ON - timedelta(days=1), on_behalf_of="赵敏"),
        item(9, detail=None),
        item(21, ON - timedelta(days=2), K.QUIET, "yellow", level=Level.DIRECTOR, trail=TRAIL),
        item(22, ON - timedelta(days=1), K.EXPECTED_SIGNING, "d60"),
        item(
            30, ON, K.AGREED_DATE, "d7", detail="土地交付", subject="agreed_date:3",
            is_hidden=True, is_sensitive=True,
        ),
        item(
            0, ON, K.QUOTA_BEHIND, "2026-12", lead_id=None, title="签约注册项目", investor=None,
            subject="quota:1",
        ),
    ),
    may_be_off=(K.QUIET, K.EXPECTED_SIGNING, K.AGREED_DATE),
)  # fmt: skip
MAILED = {
    "digest": (DeliveryKind.DUE_DIGEST, DIGEST),
    "week": (
        DeliveryKind.WEEK_DIGEST,
        replace(DIGEST, items=DIGEST.items[4:5], may_be_off=(K.EXPECTED_SIGNING,)),
    ),
    "at_once": (
        DeliveryKind.AT_ONCE,
        replace(DIGEST, items=(item(40, ON - timedelta(days=1), K.FIRST_RESPONSE),), may_be_off=()),
    ),
}


@pytest.fixture
def letter(app, monkeypatch):
    """`letter(mail="digest", **changes)`: one of the mails, written with a key that never changes."""
    settings = replace(app.extensions["settings"], secret_key="a key of the snapshots")

    def make(which="digest", **changes):
        kind, mail = MAILED[which]
        with app.app_context():
            return due_letter(replace(mail, **changes), ON, AT, 17, settings, kind)

    return make


def parsed(letter):
    """As a mail program reads it from the wire."""
    return message_from_bytes(content(letter), policy=default)


@pytest.mark.parametrize("which", MAILED)
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("part", PARTS)
def test_the_mail_reads_exactly_so(letter, which, locale, part):
    assert reads_exactly(letter(which, locale=locale), which, part)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("part", PARTS)
def test_the_mail_in_place_of_a_robots_list_reads_exactly_so(app, locale, part):
    items = [
        UnitItem(kind, f"示例<项目>{n}", ON - timedelta(days=n), "王芳" if n else None, 30 + n)
        for n, kind in enumerate((K.QUIET, K.NEXT_ACTION, K.QUIET))
    ]
    reader = Reader("赵敏", "zhao@example.gov.cn", locale)
    unit = Department(name="药山街道", name_en="Yaoshan Subdistrict")
    with app.app_context():
        written = unit_letter(
            "药山招商群", unit, items, reader, ON, AT, 31, app.extensions["settings"]
        )
    assert reads_exactly(written, "unit", part)


@pytest.mark.parametrize(
    ("items", "subject"),
    [
        (DIGEST.items[:3], "链招：1项今日到期，另有2项已逾期（2026年12月4日）"),
        (DIGEST.items[:2], "链招：2项已逾期（2026年12月4日）"),
        (DIGEST.items[2:3], "链招：1项今日到期（2026年12月4日）"),
        (DIGEST.items[3:], "链招：4项提醒（2026年12月4日）"),
    ],
)
def test_the_subject_says_how_much_is_due_and_how_much_is_late(letter, items, subject):
    assert letter(items=items).subject == subject


def test_a_matter_told_at_once_stands_in_the_subject_unless_it_is_nobodys_to_know(letter):
    assert letter("at_once").subject == "链招：示例项目40，首次响应"
    long = replace(MAILED["at_once"][1].items[0], title="很长的名称" * 30)
    assert len(letter("at_once", items=(long,)).subject) < 60
    hidden = replace(long, is_hidden=True, is_sensitive=True)
    written = letter("at_once", items=(hidden,))
    for told in (written.subject, written.text, written.html):
        assert "很长的名称" not in told
        assert "/leads/40" not in told
        assert "敏感项目" in told


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


def test_an_instruction_and_a_quota_lead_to_their_own_pages(letter, app):
    about = {
        "instruction:3": item(1, kind=K.INSTRUCTION, lead_id=None, subject="instruction:3"),
        "instruction:4": item(12, kind=K.INSTRUCTION, subject="instruction:4"),
        "quota:1": item(0, kind=K.QUOTA_BEHIND, lead_id=None, subject="quota:1"),
    }
    written = letter(items=tuple(about.values()))
    base = app.extensions["settings"].base_url
    for path in ("/dispatch/3", "/dispatch/4", "/quotas/?year=2026"):
        assert f"   {base}{path}\n" in written.text
        assert f'href="{base}{path}"' in written.html
    assert "/leads/" not in written.text
    for n in (101, 112):  # done on its own page: its answer wants words
        assert f"   办理：{base}/reminders/{n}/done\n" in written.text
        assert f"/mail/done~{n}~" not in written.text


def test_each_matter_carries_a_link_of_its_own_for_each_answer(letter):
    written = letter()
    found = re.findall(r"/reminders/mail/([^\s/]+)\n", written.text)
    tokens = Tokens("a key of the snapshots")
    assert [tokens.read_answer(text, AT) for text in found[:3]] == [
        AnswerToken(109, 7, answer) for answer in (Answer.ACKNOWLEDGE, Answer.SNOOZE, Answer.DONE)
    ]
    assert len(set(found)) == len(found) == 3 * len(DIGEST.items)
    assert set(re.findall(r'/reminders/mail/([^"/]+)"', written.html)) == set(found)


def test_the_sender_and_the_identifier_are_those_of_the_installation(letter, app):
    written = letter()
    assert written.sender == app.extensions["settings"].mail_sender
    assert written.message_id == "due_digest.20261204.17@localhost"
    assert letter(locale="en").sender_name == "Investment Promotion Bureau"


# --- as a mail program takes it apart ---


@pytest.mark.parametrize("which", MAILED)
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_mail_program_finds_the_same_words_in_both_forms(letter, which, locale):
    written = letter(which, locale=locale)
    message = parsed(written)
    assert not message.defects
    assert message["Subject"] == written.subject
    assert message["From"].addresses[0].display_name == written.sender_name
    assert message["To"].addresses[0].addr_spec == "wangfang@example.gov.cn"
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert [plain.get_content_type(), html.get_content_type()] == ["text/plain", "text/html"]
    assert plain.get_content().splitlines() == written.text.splitlines()
    assert html.get_content().splitlines() == written.html.splitlines()


def test_a_chinese_subject_travels_as_short_encoded_words(letter):
    raw = content(letter())
    head = raw.split(b"\r\n\r\n", 1)[0]
    assert head.isascii()
    assert all(len(line) <= 78 for line in head.split(b"\r\n") if not line.startswith(b"List-"))
    subject = re.search(rb"Subject: (.*?)\r\n(?=\S)", head, re.DOTALL)[1]
    words = subject.split()
    assert all(re.fullmatch(rb"=\?utf-8\?[bq]\?[^?]+\?=", word) for word in words)
    assert all(len(word) <= 75 for word in words)


@pytest.mark.parametrize("which", ["digest", "week"])
def test_a_mail_one_may_do_without_tells_programs_how_to_stop_it(letter, which, app):
    base = app.extensions["settings"].base_url
    raw = content(letter(which)).decode("ascii")
    address = re.search(r"^List-Unsubscribe: <([^\s<>]+)>\r$", raw, re.MULTILINE)[1]
    assert address.startswith(f"{base}/reminders/mail/fewer/")
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert address in letter(which).text
    assert address in letter(which).html


def test_what_cannot_be_off_offers_no_way_to_stop_it(letter):
    assert "List-Unsubscribe" not in parsed(letter("at_once"))
    assert "/fewer/" not in letter("at_once").text


@pytest.mark.parametrize("file", sorted(MAILS.glob("*.html")), ids=lambda file: file.stem)
def test_every_mail_has_the_one_frame_outlook_needs_no_style_sheet_and_a_phone_one_column(file):
    html = file.read_text(encoding="utf-8")
    assert html.count('<body style="margin:0;padding:0;background:#eef1f5;">') == 1
    assert html.count("max-width:640px") == 1
    assert html.count('content="light only"') == 2  # nobody's night paints half of it
    assert html.count("LianZhao</strong>" if ".en." in file.name else "链招</strong>") == 1
    assert html.count("font-size:12px") == 1  # one foot
    assert "<style" not in html
    assert "<script" not in html
    assert "flex" not in html
    assert 'name="viewport"' in html
    assert not re.search(r'width="(6[5-9]\d|[7-9]\d\d|\d{4})"', html)
    assert html.count("<table") == html.count("</table>")
    assert html.count("<td") == html.count("</td>")


def test_each_word_of_a_mail_is_in_its_readers_language(letter, app):
    with app.test_request_context(), force_locale("zh"):
        written = letter(locale="en")
    own = {
        "示例项目",
        "示例科技有限公司",
        "约谈投资方负责人",
        "王芳",
        "赵敏",
        "张伟",
        "李明",
        "土地交付",
    }
    own |= {"锂电", "隔膜", "项目", "签约注册项目"}
    text = written.text
    for each in sorted(own, key=len, reverse=True):
        text = text.replace(each, "")
    assert not re.findall(r"[\u4e00-\u9fff]+", text)
