"""A local server that takes what 企业微信, 钉钉, 飞书 and our own webhook document, and checks signatures."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from crm.core.mail import Letter
from crm.outbox.rules import Channel

SECRET = "SEC-示例密钥"


class Service(ThreadingHTTPServer):
    """Takes what 企业微信, 钉钉, 飞书 and our own webhook document, and checks their signatures."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.taken: list[tuple[str, dict, dict]] = []
        self.answers: list[tuple[int, str]] = []  # given instead, one a request
        self.unknown: set[str] = set()  # numbers the gateway knows nobody under
        self.is_silent = threading.Event()
        self.may_end = threading.Event()

    def handle_error(self, request, client_address):
        """A client that has gone is no error of the test."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Answering(BaseHTTPRequestHandler):
    server: Service

    def log_message(self, *_words):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.is_silent.is_set():
            self.server.may_end.wait(10)
            return None
        if self.server.answers:
            return self.say(*self.server.answers.pop(0))
        parts = urlsplit(self.path)
        said, asked = json.loads(body), {k: v[0] for k, v in parse_qs(parts.query).items()}
        code = getattr(self, parts.path.strip("/"))(said, asked, body)
        if not code:
            self.server.taken.append((parts.path, said, dict(self.headers)))
        name = "code" if parts.path == "/feishu" else "errcode"
        status = code if code in {401, 404} else 200
        return self.say(status, json.dumps({name: code, "errmsg": "说明"}, ensure_ascii=False))

    def say(self, status, words):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(words.encode())

    def wecom(self, said, asked, _body):
        if asked["key"] != "k":
            return 93000
        return 0 if said["msgtype"] == "markdown" and said["markdown"]["content"] else 40008

    def dingtalk(self, said, asked, _body):
        key = SECRET.encode()
        text = f"{asked['timestamp']}\n{SECRET}".encode()
        right = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        is_now = len(asked["timestamp"]) == 13
        if asked["sign"] != right or not is_now or asked["access_token"] != "t":
            return 310000
        return 0 if said["markdown"]["title"] and said["markdown"]["text"] else 40035

    def feishu(self, said, _asked, _body):
        key = f"{said['timestamp']}\n{SECRET}".encode()
        right = base64.b64encode(hmac.new(key, digestmod=hashlib.sha256).digest()).decode()
        if said["sign"] != right or len(said["timestamp"]) != 10:
            return 19021
        return 0 if said["card"]["elements"][0]["content"] else 9499

    def gateway(self, said, _asked, body):
        if said.get("to") in self.server.unknown:
            return 404
        stamp = self.headers["X-LianZhao-Timestamp"]
        right = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        is_right = self.headers["X-LianZhao-Signature"] == f"sha256={right}"
        return 0 if is_right and self.headers["Idempotency-Key"] == said["id"] else 401


PATHS = {
    Channel.WECOM: "/wecom?key=k",
    Channel.DINGTALK: "/dingtalk?access_token=t",
    Channel.FEISHU: "/feishu",
    Channel.WEBHOOK: "/gateway",
    Channel.MESSENGER: "/gateway",
    Channel.SMS: "/gateway",
}


@contextmanager
def running() -> Iterator[Service]:
    """The server, in a thread of its own, until the block ends."""
    server = Service()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.may_end.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Refusing:
    """A mail server nothing is to be given to."""

    def deliver(self, letter: Letter, before_handover):
        raise AssertionError("no mail was expected")


class Kept:
    """A mail server that takes everything and keeps it."""

    def __init__(self):
        self.taken: list[Letter] = []

    def deliver(self, letter: Letter, before_handover):
        before_handover()
        self.taken.append(letter)
