"""Mail: a letter becomes a MIME message, a transport hands it over. Knows no feature, reads no clock.

A transport calls `before_handover` at the last moment at which nothing has been given away yet (for
SMTP between RCPT and DATA). Whatever fails before it, or is answered by the server after it, is
certain; a connection that breaks after it leaves the fate of the message open.
"""

import os
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from crm.config import Mail
from crm.core.clock import OFFICE

TIMEOUT = 20.0
"""Seconds any single answer of the mail server may take."""
MOST_PER_CONNECTION = 100
"""Letters after which a new connection is opened: many servers end one that goes on for ever."""
LONGEST_LINE = 70
SMTP_LINES = compat32.clone(linesep="\r\n")
CLOSING = 421
"""The answer of a server that ends the connection; everything else leaves it usable."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person, its text in plain words and as HTML."""

    message_id: str  # without the angle brackets
    sender: str
    sender_name: str
    address: str
    name: str
    subject: str
    text: str
    html: str
    locale: str
    at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)  # further ones, List-Unsubscribe …


class MailFault(StrEnum):
    BAD_ADDRESS = "bad_address"
    REFUSED = "refused"
    SERVER_BUSY = "server_busy"
    UNREACHABLE = "unreachable"
    NOT_TRUSTED = "not_trusted"
    SIGN_IN_REFUSED = "sign_in_refused"
    LOST = "lost"


class NotDelivered(Exception):
    """The message did not go out, or (LOST) nobody knows; `detail` is what the server said."""

    def __init__(self, fault: MailFault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail


class Transport(Protocol):
    def deliver(self, letter: Letter, before_handover: Callable[[], None]) -> None:
        """Hand one letter over. Raises NotDelivered; what `before_handover` raises passes through."""


def transport_for(mail: Mail, *, timeout: float = TIMEOUT) -> Transport:
    """The transport the settings name."""
    return FolderTransport(mail.folder) if mail.is_folder else SmtpTransport(mail, timeout)


def message_id(*parts: object, sender: str) -> str:
    """An identifier that is the same for the same parts, for example 'due.20261204.17@example.cn'."""
    domain = sender.rpartition("@")[2] or "localhost"
    return f"{'.'.join(str(part) for part in parts)}@{domain}"


def content(letter: Letter) -> bytes:
    """The letter as MIME. Raises NotDelivered for an address nobody can send to."""
    return _message(letter).as_bytes()


def _message(letter: Letter) -> Message:
    """The letter as MIME: text and HTML as alternatives, names and subject encoded (RFC 2047).

    Put together from the older classes of the library: the newer ones parse and fold every header
    again, which took longer than all else a mail costs us. Raises NotDelivered for an address nobody
    can send to.
    """
    sender = _address(letter.sender_name, letter.sender, "From")
    reader = _address(letter.name, letter.address, "To")
    message = MIMEMultipart(
        "alternative",
        # Sent again it must be the same mail to the last byte.
        boundary=sha256(letter.message_id.encode()).hexdigest()[:32],
        policy=SMTP_LINES,
    )
    further = {name: _further(one_line(value), name) for name, value in letter.headers.items()}
    headers: dict[str, Any] = {
        "Message-ID": f"<{letter.message_id}>",
        "Date": format_datetime(letter.at.astimezone(OFFICE)),
        "From": sender,
        "To": reader,
        "Subject": _words_of(one_line(letter.subject), "Subject"),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",  # Exchange and Outlook: no absence notes back
        **further,
        "Content-Language": "zh-CN" if letter.locale.startswith("zh") else letter.locale,
    }
    for name, value in headers.items():
        message[name] = value
    for subtype, words in (("plain", letter.text), ("html", letter.html)):
        message.attach(MIMEText(words, subtype, "utf-8", policy=SMTP_LINES))
    return message


def _further(words: str, header: str) -> str | Header:
    """A further header; addresses of lists stand on one line as they are (RFC 2369, RFC 8058).

    Taken for text a long one would be encoded, and no mail program found the way out of a list.
    """
    if header.startswith("List-") and words.isascii():
        return _Whole(words, header_name=header)
    return _words_of(words, header)


class _Whole(Header):
    """A header that is neither folded nor encoded."""

    def encode(self, *_how: Any, **_more: Any) -> str:
        return str(self)


def _words_of(words: str, header: str) -> str | Header:
    """Text for a header: plain ASCII of an ordinary length as it is, else in encoded words."""
    if words.isascii() and "=?" not in words and len(words) <= LONGEST_LINE:
        return words
    return Header(words, "utf-8", header_name=header)


def one_line(words: str) -> str:
    """Text for a header: control characters, line breaks above all, become spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def _address(name: str, address: str, header: str) -> str | Header:
    """Name and address as they stand in a header. Raises NotDelivered."""
    # Non-ASCII addresses need SMTPUTF8, which office servers rarely speak.
    if not address.isascii() or not address.isprintable() or address.count("@") != 1:
        raise NotDelivered(MailFault.BAD_ADDRESS, address)
    try:
        found = Address(addr_spec=address)
    except (ValueError, IndexError, MessageError) as error:
        raise NotDelivered(MailFault.BAD_ADDRESS, address) from error
    if not found.username or not found.domain:
        raise NotDelivered(MailFault.BAD_ADDRESS, address)
    words = _words_of(one_line(name), header)
    if isinstance(words, Header):
        words.append(f"<{address}>", "us-ascii")
        return words
    return formataddr((words, address))


@dataclass(frozen=True, slots=True)
class FolderTransport:
    """Each message becomes one .eml file named by its identifier: development, no server needed."""

    folder: Path

    def deliver(self, letter: Letter, before_handover: Callable[[], None]) -> None:
        """Repeating it replaces the file. Raises NotDelivered when the folder cannot be written."""
        message = content(letter)
        before_handover()
        target = self.folder / f"{letter.message_id}.eml"
        part = target.with_suffix(f".{os.getpid()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(message)
            part.replace(target)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise NotDelivered(MailFault.UNREACHABLE, str(error)) from error


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """An SMTP server: `smtp` as it is, `smtp+starttls` or `smtps` with a verified certificate.

    A private certificate authority is named to OpenSSL by SSL_CERT_FILE, as for every program.
    """

    mail: Mail
    timeout: float = TIMEOUT

    def deliver(self, letter: Letter, before_handover: Callable[[], None]) -> None:
        with opened(self) as line:
            line.deliver(letter, before_handover)

    def connected(self) -> smtplib.SMTP:
        """A connection over which letters may go. Raises NotDelivered.

        One the server drops before it has said anything is tried once more: an overloaded server
        drops some, and only one that takes none is down.
        """
        try:
            return self._connected()
        except NotDelivered as failure:
            if not isinstance(
                failure.__cause__, smtplib.SMTPServerDisconnected | ConnectionResetError
            ):
                raise
        return self._connected()

    def _connected(self) -> smtplib.SMTP:
        mail = self.mail
        server: smtplib.SMTP | None = None
        try:
            # Reading the authorities takes longer than the letter: not for those who use none.
            context = ssl.create_default_context() if mail.scheme != "smtp" else None
            if mail.scheme == "smtps":
                server = smtplib.SMTP_SSL(
                    mail.host, mail.port, timeout=self.timeout, context=context
                )
            else:
                server = smtplib.SMTP(mail.host, mail.port, timeout=self.timeout)
            if mail.scheme == "smtp+starttls":
                server.starttls(context=context)
            if mail.username:
                server.login(mail.username, mail.password)
        except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
            raise _given_up(server, MailFault.NOT_TRUSTED, error) from error
        except smtplib.SMTPAuthenticationError as error:
            # 4xx here is a server that cannot look the account up just now.
            fault = MailFault.SIGN_IN_REFUSED if error.smtp_code >= 500 else MailFault.SERVER_BUSY
            raise _given_up(server, fault, error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise _given_up(server, MailFault.UNREACHABLE, error) from error
        return server


@contextmanager
def opened(transport: Transport) -> Iterator[Transport]:
    """The transport with its connection, if it has one, kept open between letters."""
    if not isinstance(transport, SmtpTransport):
        yield transport
        return
    line = SmtpLine(transport)
    try:
        yield line
    finally:
        line.hang_up()


class SmtpLine:
    """One SMTP connection over which several letters go; opened when the first one comes.

    Where the server has closed it meanwhile, and nothing has been given away yet, another one is
    opened: servers end connections as they please.
    """

    def __init__(self, transport: SmtpTransport) -> None:
        self._transport = transport
        self._server: smtplib.SMTP | None = None
        self._letters = 0

    def deliver(self, letter: Letter, before_handover: Callable[[], None]) -> None:
        """Hand one letter over. Raises NotDelivered; what `before_handover` raises passes through."""
        message = content(letter)
        server = self._addressed(letter)
        self._letters += 1
        try:
            before_handover()
        except BaseException:
            self._begin_anew(server)
            raise
        self._data(server, message)

    def hang_up(self) -> None:
        """Say good-bye, if anybody is there."""
        server, self._server, self._letters = self._server, None, 0
        if server is not None:
            _quit(server)

    def _addressed(self, letter: Letter) -> smtplib.SMTP:
        """A connection on which the server has taken sender and recipient."""
        if self._letters >= MOST_PER_CONNECTION:
            self.hang_up()
        is_used = self._server is not None
        server = self._server = self._server or self._transport.connected()
        try:
            return self._envelope(server, letter)
        except _Dropped:
            self._server, self._letters = None, 0
            server.close()
            if not is_used:
                raise
        server = self._server = self._transport.connected()
        try:
            return self._envelope(server, letter)
        except _Dropped:
            self._server = None
            server.close()
            raise

    def _envelope(self, server: smtplib.SMTP, letter: Letter) -> smtplib.SMTP:
        try:
            server.ehlo_or_helo_if_needed()
            for ask, word in ((server.mail, letter.sender), (server.rcpt, letter.address)):
                code, said = ask(word)
                if code == CLOSING:
                    raise _Dropped(MailFault.SERVER_BUSY, _said(code, said))
                if code >= 400:
                    self._begin_anew(server)
                    raise _answered(code, said)
        except (OSError, smtplib.SMTPException) as error:
            raise _Dropped(MailFault.SERVER_BUSY, _words(error)) from error
        return server

    def _data(self, server: smtplib.SMTP, message: bytes) -> None:
        try:
            code, said = server.data(message)
        except smtplib.SMTPDataError as error:  # it refused the word DATA: nothing was given away
            self._begin_anew(server)
            raise _answered(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            self._server = None
            server.close()
            raise NotDelivered(MailFault.LOST, _words(error)) from error
        if code >= 400:
            self._begin_anew(server)
            raise _answered(code, said)

    def _begin_anew(self, server: smtplib.SMTP) -> None:
        """Forget the letter that was begun; a server that does not answer is let go."""
        try:
            if server.rset()[0] < 400:
                return
        except (OSError, smtplib.SMTPException):
            pass
        self._server, self._letters = None, 0
        server.close()


class _Dropped(NotDelivered):
    """The connection is gone, and nothing had been given away."""


def _given_up(server: smtplib.SMTP | None, fault: MailFault, error: Exception) -> NotDelivered:
    if server is not None:
        server.close()
    return NotDelivered(fault, _words(error))


def _quit(server: smtplib.SMTP) -> None:
    """Say good-bye; the fate of the message is settled, so nothing that fails here matters."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _answered(code: int, said: bytes | str) -> NotDelivered:
    fault = MailFault.REFUSED if code >= 500 else MailFault.SERVER_BUSY
    return NotDelivered(fault, _said(code, said))


def _said(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
