"""Group robots of messengers and the signed webhook: a letter becomes one HTTP request.

Each speaks its vendor's documented format: 企业微信 (markdown; errcode 0), 钉钉 (timestamp and sign in
the address; markdown; errcode 0), 飞书 (timestamp and sign in the body; card; code 0). The webhook is
ours, for government messengers and SMS gateways: JSON with a signature over timestamp and body, and the
Message-ID as idempotency key, so that a message sent again is one message there. What is for one person
names in `to` the mobile number or the account of the messenger.
"""

import base64
import hashlib
import hmac
import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from crm.core import clock
from crm.core.mail import Letter, MailFault, NotDelivered
from crm.outbox.rules import PERSONAL, Channel

TIMEOUT = 10.0
"""Seconds a robot may take to connect and to answer."""
LONGEST_ANSWER = 65_536
OURS = (Channel.WEBHOOK, *PERSONAL)
"""Channels that speak the format of the webhook."""
BYTES = {Channel.WECOM: 4096, Channel.DINGTALK: 18_000, Channel.FEISHU: 18_000}
"""How long a message may be, in bytes of UTF-8; the vendors refuse longer ones."""
BUSY = frozenset({-1, 45009, 130101, 9499, 11232})
"""Answers that pass by themselves: the service is busy, or was sent too much in a minute."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a message goes: the address of a robot or gateway, and its secret if it has one."""

    channel: Channel
    url: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One POST as it goes over the wire."""

    url: str
    body: bytes
    headers: Mapping[str, str]


def robot_sign(secret: str, timestamp: str) -> str:
    """钉钉: HMAC-SHA256 over timestamp, line end and secret, under the secret, in Base64."""
    said = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()


def feishu_sign(secret: str, timestamp: str) -> str:
    """飞书: HMAC-SHA256 over nothing, under timestamp, line end and secret, in Base64."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def webhook_sign(secret: str, timestamp: str, body: bytes) -> str:
    """Ours: HMAC-SHA256 over timestamp, full stop and body, under the secret, in hexadecimal."""
    said = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def request_of(endpoint: Endpoint, letter: Letter, at: datetime) -> Request:
    """The request that carries a letter, signed for this moment."""
    seconds = str(int(at.timestamp()))
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "LianZhao"}
    url, text = endpoint.url, shortened(letter.text, BYTES.get(endpoint.channel))
    match endpoint.channel:
        case Channel.WECOM:
            content: dict[str, Any] = {"msgtype": "markdown", "markdown": {"content": text}}
        case Channel.DINGTALK:
            content = {"msgtype": "markdown", "markdown": {"title": letter.subject, "text": text}}
            if endpoint.secret:
                stamp = str(int(at.timestamp() * 1000))
                sign = urlencode({"timestamp": stamp, "sign": robot_sign(endpoint.secret, stamp)})
                url += ("&" if urlsplit(url).query else "?") + sign
        case Channel.FEISHU:
            content = {
                "msg_type": "interactive",
                "card": {
                    "header": {"title": {"tag": "plain_text", "content": letter.subject}},
                    "elements": [{"tag": "markdown", "content": text}],
                },
            }
            if endpoint.secret:
                content |= {"timestamp": seconds, "sign": feishu_sign(endpoint.secret, seconds)}
        case _:
            content = {
                "id": letter.message_id,
                **({"to": letter.address} if endpoint.channel in PERSONAL else {}),
                "title": letter.subject,
                "text": letter.text,
                "locale": letter.locale,
                "written_at": letter.at.isoformat(),
            }
    body = json.dumps(content, ensure_ascii=False).encode()
    if endpoint.channel in OURS:
        headers |= {"Idempotency-Key": letter.message_id, "X-LianZhao-Timestamp": seconds}
        if endpoint.secret:
            signed = webhook_sign(endpoint.secret, seconds, body)
            headers["X-LianZhao-Signature"] = f"sha256={signed}"
    return Request(url, body, headers)


def shortened(text: str, most: int | None) -> str:
    """The text in at most so many bytes of UTF-8, cut at the end of a line."""
    if most is None or len(text.encode()) <= most:
        return text
    kept, left = [], most - len("\n…".encode())
    for line in text.splitlines():
        left -= len(line.encode()) + 1
        if left < 0:
            break
        kept.append(line)
    return "\n".join([*kept, "…"])


def read_answer(channel: Channel, status: int, body: bytes) -> None:
    """Return where the message was taken. Raises NotDelivered with what was said."""
    said = body[:200].decode("utf-8", "replace")
    if status >= 500 or status in {408, 425, 429}:
        raise NotDelivered(MailFault.SERVER_BUSY, f"HTTP {status} {said}")
    if not 200 <= status < 300:
        raise NotDelivered(MailFault.REFUSED, f"HTTP {status} {said}")
    if channel in OURS:
        return
    try:
        answer = json.loads(body)
        code = answer["errcode"] if "errcode" in answer else answer["code"]
    except (ValueError, KeyError, TypeError) as error:  # a page of somebody in between
        raise NotDelivered(MailFault.SERVER_BUSY, f"HTTP {status} {said}") from error
    if code != 0:
        raise NotDelivered(MailFault.SERVER_BUSY if code in BUSY else MailFault.REFUSED, said)


@dataclass(frozen=True, slots=True)
class RobotTransport:
    """Hands letters to one robot or gateway. Redirections are not followed."""

    endpoint: Endpoint
    timeout: float = TIMEOUT
    now: Callable[[], datetime] = clock.now

    def deliver(self, letter: Letter, before_handover: Callable[[], None]) -> None:
        """Raises NotDelivered; what `before_handover` raises passes through."""
        asked = request_of(self.endpoint, letter, self.now())
        line = self._connected(asked.url)
        try:
            before_handover()
            try:
                parts = urlsplit(asked.url)
                path = parts.path or "/"
                line.request(
                    "POST", f"{path}?{parts.query}" if parts.query else path, asked.body,
                    dict(asked.headers),
                )  # fmt: skip
                answer = line.getresponse()
                status, body = answer.status, answer.read(LONGEST_ANSWER)
            except (OSError, http.client.HTTPException) as error:
                raise NotDelivered(MailFault.LOST, f"{type(error).__name__}: {error}") from error
        finally:
            line.close()
        read_answer(self.endpoint.channel, status, body)

    def _connected(self, url: str) -> http.client.HTTPConnection:
        """An open connection: until here nothing has been given away."""
        try:
            parts = urlsplit(url)
            kind = http.client.HTTPSConnection if parts.scheme == "https" else None
            make = kind or http.client.HTTPConnection
            line = make(parts.hostname or "", parts.port, timeout=self.timeout)
            line.connect()
        except ssl.SSLCertVerificationError as error:
            raise NotDelivered(MailFault.NOT_TRUSTED, str(error)) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NotDelivered(MailFault.UNREACHABLE, f"{type(error).__name__}: {error}") from error
        return line
