"""A small load generator: so many clients, each sending the next request when it has its answer."""

import http.client
import re
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
Request = tuple[str, str, str | None]
"""Method, path and, for a POST, the form as it is sent."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds per request and requests per second of one case at one concurrency."""

    p50: float
    p95: float
    per_second: float
    requests: int
    kilobytes: float


class Browser:
    """One person's cookies, and plain HTTP requests on connections that close, as sync workers do."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookie = ""

    def send(self, request: Request) -> tuple[int, bytes]:
        method, path, form = request
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": self.cookie, "Host": f"127.0.0.1:{self.port}"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, form, headers)
        answer = connection.getresponse()
        body = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("lianzhao="):
                self.cookie = value.partition(";")[0]
        connection.close()
        return answer.status, body

    def token(self, path: str) -> str:
        """The CSRF token of a page with a form; it holds for the whole session."""
        found = TOKEN.search(self.send(("GET", path, None))[1].decode())
        if found is None:
            raise RuntimeError(f"{path} has no form")
        return found[1]

    def sign_in(self, login: str, password: str) -> "Browser":
        form = {"csrf_token": self.token("/login"), "login": login, "password": password}
        status, _body = self.send(("POST", "/login", urlencode(form)))
        if status != 302:
            raise RuntimeError(f"{login} cannot sign in: {status}")
        return self


def measure(
    send: Callable[[Request], tuple[int, bytes]],
    request: Callable[[int], Request],
    *,
    clients: int,
    seconds: float,
    least: int,
    expected: int = 200,
) -> Measured:
    """Send `request(0)`, `request(1)` … from `clients` threads for some seconds, `least` at the least.

    Raises RuntimeError for an answer that is not the expected one: a fast error is no measurement.
    """
    lock = threading.Lock()
    taken: list[float] = []
    faults: list[str] = []
    size = 0
    number = 0
    begun = time.perf_counter()

    def client() -> None:
        nonlocal size, number
        while not faults:
            with lock:
                if time.perf_counter() - begun > seconds and number >= least:
                    return
                mine, number = number, number + 1
            asked = request(mine)
            start = time.perf_counter()
            status, body = send(asked)
            spent = time.perf_counter() - start
            with lock:
                taken.append(spent)
                size = len(body)
                if status != expected:
                    faults.append(f"{asked[0]} {asked[1]} answered {status}")

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - begun
    if faults:
        raise RuntimeError(faults[0])
    cuts = statistics.quantiles(taken, n=20)
    return Measured(
        p50=statistics.median(taken) * 1000,
        p95=cuts[18] * 1000,
        per_second=len(taken) / spent,
        requests=len(taken),
        kilobytes=size / 1024,
    )
