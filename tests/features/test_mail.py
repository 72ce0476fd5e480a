"""Letters become MIME every mail program reads; a real SMTP server takes or refuses them."""

import smtplib
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.config import Mail
from crm.core.mail import (
    FolderTransport,
    Letter,
    MailFault,
    NotDelivered,
    SmtpTransport,
    content,
    message_id,
)
from crm.outbox.rules import Problem

LETTER = Letter(
    message_id="due_digest.20261204.17@example.gov.cn",
    sender="crm@example.gov.cn",
    sender_name="天桥区招商局",
    address="wangfang@example.gov.cn",
    name="王芳",
    subject="链招：2项今日到期，3项已逾期（2026年12月4日）",
    text="王芳，您好：\n",
    html="<p>王芳，您好：</p>",
    locale="zh",
    at=datetime(2026, 12, 4, 0, 30, tzinfo=UTC),
)


def with_(**changes) -> Letter:
    values = {name: getattr(LETTER, name) for name in Letter.__dataclass_fields__}
    return Letter(**{**values, **changes})


def read(content: bytes):
    return message_from_bytes(content, policy=default)


def never() -> None:
    pytest.fail("the message was handed over")


def test_names_and_subject_arrive_as_written_and_travel_as_plain_ascii():
    sent = content(LETTER)
    assert sent.isascii()
    message = read(sent)
    assert message["Subject"] == LETTER.subject
    assert message["From"].addresses[0].display_name == "天桥区招商局"
    assert message["To"].addresses[0].addr_spec == "wangfang@example.gov.cn"
    assert message["Date"] == "Fri, 04 Dec 2026 08:30:00 +0800"
    assert message["Message-ID"] == "<due_digest.20261204.17@example.gov.cn>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "zh-CN"
    assert message.get_body(("plain",)).get_content().splitlines() == LETTER.text.splitlines()
    assert message.get_body(("html",)).get_content().strip() == LETTER.html


@given(st.text(max_size=120), st.text(max_size=40))
def test_no_subject_and_no_name_can_add_a_header(subject, name):
    sent = content(with_(subject=subject, name=name))
    head = sent.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert sorted(names) == sorted(
        [
            b"Message-ID", b"Date", b"From", b"To", b"Subject", b"Auto-Submitted",
            b"X-Auto-Response-Suppress", b"MIME-Version", b"Content-Type", b"Content-Language",
        ]
    )  # fmt: skip
    assert max(len(line) for line in sent.split(b"\r\n")) <= 998


@given(st.text(st.characters(categories=["Lo", "Nd", "Lu"]), min_size=1, max_size=120))
def test_a_subject_of_any_length_reads_back_as_it_was(subject):
    assert read(content(with_(subject=subject)))["Subject"] == subject


@given(st.text(st.characters(categories=["Lo", "Nd", "Lu", "Zs"]), max_size=60), st.booleans())
def test_a_name_of_any_length_reads_back_in_encoded_words_of_an_ordinary_length(name, is_sender):
    letter = with_(sender_name=name) if is_sender else with_(name=name)
    sent = content(letter)
    read_back = read(sent)["From" if is_sender else "To"].addresses[0]
    # Python's own reader puts a space between two encoded words of a name.
    assert "".join(read_back.display_name.split()) == "".join(name.split())
    assert "@example.gov.cn" in read_back.addr_spec
    head = sent.split(b"\r\n\r\n", 1)[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 78


@pytest.mark.parametrize(
    "address", ["王芳@example.cn", "nobody", "a@b@c", "a b@example.cn", "@", "a@b\n"]
)
def test_an_address_nobody_can_send_to_is_refused_before_anything_is_given_away(address, tmp_path):
    with pytest.raises(NotDelivered) as refused:
        FolderTransport(tmp_path).deliver(with_(address=address), never)
    assert refused.value.fault is MailFault.BAD_ADDRESS


def test_the_identifier_comes_from_the_row_and_the_senders_domain():
    assert message_id("due", 20261204, 17, sender="crm@example.cn") == "due.20261204.17@example.cn"


def test_every_fault_of_a_transport_is_a_problem_the_administrator_can_read():
    assert {fault.value for fault in MailFault} <= {problem.value for problem in Problem}


# --- the folder ---


def test_the_folder_keeps_one_file_per_message_however_often_it_is_delivered(tmp_path):
    transport = FolderTransport(tmp_path / "outbox")
    for _ in range(2):
        transport.deliver(LETTER, lambda: None)
    assert [path.name for path in (tmp_path / "outbox").iterdir()] == [f"{LETTER.message_id}.eml"]


def test_a_folder_that_cannot_be_written_is_a_failure_that_may_pass(tmp_path):
    (tmp_path / "outbox").write_text("in the way")
    with pytest.raises(NotDelivered) as failed:
        FolderTransport(tmp_path / "outbox").deliver(LETTER, lambda: None)
    assert failed.value.fault is MailFault.UNREACHABLE
    assert [path.name for path in tmp_path.iterdir()] == ["outbox"]


# --- SMTP, against a real server ---


def transport_to(server, **changes) -> SmtpTransport:
    values = {
        "scheme": "smtp+starttls",
        "host": "127.0.0.1",
        "port": server.port,
        "username": server.username,
        "password": server.password,
    }
    return SmtpTransport(Mail(**{**values, **changes}), timeout=5)


def fault_of(transport, letter=LETTER, before=never) -> NotDelivered:
    with pytest.raises(NotDelivered) as failed:
        transport.deliver(letter, before)
    return failed.value


def test_a_mail_goes_over_tls_after_signing_in(smtp_server):
    marks = []
    transport_to(smtp_server).deliver(LETTER, lambda: marks.append(len(smtp_server.messages)))
    assert smtp_server.logins == 1
    assert marks == [0]
    assert smtp_server.recipients == [["wangfang@example.gov.cn"]]
    assert smtp_server.messages[0]["Subject"] == LETTER.subject


def test_a_wrong_password_is_said_to_be_one(smtp_server):
    failed = fault_of(transport_to(smtp_server, password="wrong"))
    assert failed.fault is MailFault.SIGN_IN_REFUSED


def test_a_certificate_nobody_vouches_for_is_not_trusted(smtp_server, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(Path(__file__)))
    assert fault_of(transport_to(smtp_server)).fault is MailFault.NOT_TRUSTED
    assert smtp_server.logins == 0


def test_a_password_is_never_sent_to_a_server_without_tls(smtp_server):
    """The server offers no AUTH before STARTTLS, so the transport has nothing to send it to."""
    failed = fault_of(transport_to(smtp_server, scheme="smtp"))
    assert failed.fault is MailFault.NOT_TRUSTED
    assert smtp_server.logins == 0


def test_a_server_that_is_not_there_is_unreachable(smtp_server):
    failed = fault_of(transport_to(smtp_server, port=1))
    assert failed.fault is MailFault.UNREACHABLE


def test_an_unknown_recipient_is_refused_before_the_handover(smtp_server):
    smtp_server.refused.add(LETTER.address)
    failed = fault_of(transport_to(smtp_server))
    assert (failed.fault, failed.detail[:3]) == (MailFault.REFUSED, "550")


@pytest.mark.parametrize(
    ("answer", "fault"),
    [("451 4.3.0 try later", MailFault.SERVER_BUSY), ("554 5.7.1 spam", MailFault.REFUSED)],
)
def test_what_the_server_answers_to_the_message_decides(smtp_server, answer, fault):
    smtp_server.refusals.append(answer)
    failed = fault_of(transport_to(smtp_server), before=lambda: None)
    assert (failed.fault, failed.detail) == (fault, answer)


def test_a_server_that_falls_silent_over_the_message_leaves_its_fate_open(smtp_server):
    smtp_server.falls_silent_at = "DATA"
    transport = SmtpTransport(transport_to(smtp_server).mail, timeout=0.3)
    assert fault_of(transport, before=lambda: None).fault is MailFault.LOST


def test_a_server_that_falls_silent_before_the_message_may_be_tried_again(smtp_server):
    smtp_server.falls_silent_at = "MAIL"
    transport = SmtpTransport(transport_to(smtp_server).mail, timeout=0.3)
    assert fault_of(transport).fault is MailFault.SERVER_BUSY


def test_a_connection_that_breaks_after_the_answer_changes_nothing(smtp_server, monkeypatch):
    def broken(_self):
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(smtplib.SMTP, "quit", broken)
    transport_to(smtp_server).deliver(LETTER, lambda: None)
    assert len(smtp_server.messages) == 1
