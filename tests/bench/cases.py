"""What is measured: the things people do, and the requests of each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlencode

from crm.core import clock
from tests.bench.leads import is_sensitive
from tests.bench.load import Request


@dataclass(frozen=True, slots=True)
class Case:
    """One thing people do: who does it, and the request number n of it."""

    name: str
    login: str
    request: Callable[[int], Request]
    form_page: str = ""  # where the token of a form comes from; `request` then gives its fields
    expected: int = 200


def reading(name: str, login: str, *paths: str) -> Case:
    return Case(name, login, lambda n: ("GET", paths[n % len(paths)], None))


def searching(text: str) -> str:
    return f"/leads/?q={quote(text)}"


def cases(rows: int) -> list[Case]:
    """What is measured; the paths vary, so that no answer can be kept from the last one."""
    today = clock.today()
    days = [(today - timedelta(days=ago)).isoformat() for ago in (1, 7, 30)]
    return [
        reading("list", "leader", "/leads/"),
        reading(
            "list filtered",
            "leader",
            *(
                f"/leads/?stage=IN_TALKS&chain={chain}&amount_from=1%E4%BA%BF&sort=amount"
                for chain in range(1, 6)
            ),
        ),
        reading(
            "search 2",
            "leader",
            *(f"/leads/?q={quote(q)}" for q in ("项目", "硅溶", "轴承", "华建", "氢能")),
        ),
        reading(
            "search 4",
            "leader",
            *map(searching, ("生产基地", "动力电池", "检验检测", "高端轴承", "济南华建")),
        ),
        Case("detail", "leader", lambda n: ("GET", f"/leads/{open_lead(n, rows)}", None)),
        reading("list of staff", "staff3", "/leads/"),
        reading("home of leader", "leader", "/"),
        reading("home of staff", "staff3", "/"),
        reading("board", "leader", "/quotas/"),
        reading("three books", "leader", "/outlook/"),
        reading("checkup", "leader", "/checkup/"),
        reading("recognition", "leader", "/recognition/"),
        reading("breakdown", "leader", *(f"/quotas/breakdown?by={each}" for each in TAKEN_APART)),
        reading("bridge", "leader", *(f"/closing/bridge?from={day}&to={today}" for day in days)),
        reading("closed periods", "leader", "/closing/periods"),
        reading("chains", "leader", "/chains/"),
        reading(
            "chain map", "leader", "/chains/NFM", "/chains/NFM?kind=needs", "/chains/NFM?status=gap"
        ),
        reading("segment", "leader", *(f"/chains/NFM/segments/NFM-M{n}" for n in range(1, 6))),
        Case("create", "staff3", registering, form_page="/leads/new", expected=302),
    ]


TAKEN_APART = ("department", "sponsor", "chain", "zone", "month")


def open_lead(n: int, rows: int) -> int:
    """A lead anywhere in the district, none of the sensitive ones: those are hidden from leaders."""
    lead_id = n * 7919 % rows + 1
    return lead_id + 1 if is_sensitive(lead_id) else lead_id


def registering(n: int) -> Request:
    """The quick form as somebody fills it in after a search that found nothing."""
    fields = {
        "investor": f"山东{n}号新型材料有限公司",
        "title": f"第{n}号功能材料项目",
        "contact": "赵经理 13800001001",
        "total_investment": "5.2亿",
        "source": "以商招商",
        "next_action": "约谈投资方负责人",
        "next_action_on": clock.today().isoformat(),
    }
    return "POST", "/leads/new", urlencode(fields)
