"""The mails of development: what would have gone out, as files in a folder. Not mounted in production."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from flask import Response, current_app, render_template
from flask.typing import ResponseReturnValue

from crm.core.errors import NotFound
from crm.core.guard import SIGNED_IN, allow
from crm.outbox.views import mailbox

NAME = re.compile(r"[A-Za-z0-9_.@+-]{1,200}\.eml")
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the folder, as a reader sees it."""

    name: str
    to: str
    sender: str
    subject: str
    date: str
    text: str


def _folder() -> Path:
    settings = current_app.extensions["settings"]
    return settings.mail.folder if settings.mail.is_folder else settings.outbox_dir


def _message(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    return body.get_content() if body is not None else ""


def _mail(path: Path) -> Mail:
    message = _message(path)
    headers = [str(message.get(name, "")) for name in ("To", "From", "Subject", "Date")]
    return Mail(path.name, *headers, text=_part(message, "plain"))


def _path(name: str) -> Path:
    path = _folder() / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise NotFound
    return path


@mailbox.get("/")
@allow(SIGNED_IN)
def index() -> ResponseReturnValue:
    found = sorted(
        _folder().glob("*.eml"), key=lambda path: (path.stat().st_mtime, path.name), reverse=True
    )
    return render_template(
        "outbox/mailbox.html",
        mails=[_mail(path) for path in found[:SHOWN]],
        folder=_folder(),
        count=len(found),
    )


@mailbox.get("/<name>")
@allow(SIGNED_IN)
def message(name: str) -> ResponseReturnValue:
    return render_template("outbox/mail.html", mail=_mail(_path(name)))


@mailbox.get("/<name>/html")
@allow(SIGNED_IN)
def html(name: str) -> ResponseReturnValue:
    """The HTML alternative on a page of its own: its inline styles are let in, scripts never are."""
    answer = Response(_part(_message(_path(name)), "html"), content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return answer
