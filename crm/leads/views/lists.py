"""项目库: the list of leads, narrowed and sorted, page by page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS
from crm.core import clock
from crm.core.guard import allow
from crm.core.language import is_chinese
from crm.core.lists import COUNT_LIMIT, CursorError
from crm.core.web import mark, money_text
from crm.leads import queries
from crm.leads.rules import CLOSED, ChainRole, Stage
from crm.leads.rules.filters import (
    NEEDS_NEXT_ACTION,
    Bucket,
    Due,
    LeadFilter,
    Outcome,
    Quiet,
    Sort,
    WrongParameter,
    read_filter,
)
from crm.leads.views import bp
from crm.leads.wording import FILTER_WORDS, word
from crm.quotas.queries import quotas_of, unseen_in
from crm.quotas.wording import label_text
from crm.recognition.queries import meant_leads
from crm.reminders.queries.lights import quiet_lights

YI, WAN = 10**8, 10**4
PLAIN_AMOUNT = re.compile(r"[\d０-９.．]+\s*(?:千|百)?(?:亿|万)?元?")
TONES: dict[Stage, str] = {
    **dict.fromkeys(Bucket.IN_TALKS.stages, "info"),
    **dict.fromkeys(Bucket.FROM_SIGNING.stages, "good"),
    Stage.PARKED: "warn",
}


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    try:
        wanted = read_filter(request.args, me=g.actor.id)
    except WrongParameter as wrong:
        abort(
            400, _("看不懂参数%(name)s的值“%(value)s”。", name=wrong.name, value=wrong.value[:60])
        )
    today = clock.today()
    judged, found = meant_leads(wanted, today), queries.text_found(wanted)
    lights = quiet_lights(today) if wanted.quiet else None

    def matching(text: Any) -> Any:
        return queries.leads_matching(
            g.actor, wanted, today, judged=judged, text=text, lights=lights
        )

    try:
        page = queries.lead_page(
            matching(found and found.walked), wanted, request.args.get("after")
        )
    except CursorError:
        abort(
            400,
            _(
                "看不懂参数%(name)s的值“%(value)s”。",
                name="after",
                value=request.args["after"][:60],
            ),
        )
    choices = queries.choices(g.actor, wanted.segment, wanted.sponsor, wanted.zone)
    is_whole = page.is_first and page.next_cursor is None
    total = len(page.rows) if is_whole else queries.count_leads(matching(found and found.counted))
    bar = FilterBar(wanted, choices, today)
    address = url_for("leads.index")
    return render_template(
        "leads/_list.html" if request.headers.get("HX-Target") == "leads" else "leads/index.html",
        wanted=wanted,
        search_text=wanted.q,
        rows=list(listed(page.rows, choices, today)),
        total=f"{COUNT_LIMIT}+" if total > COUNT_LIMIT else str(total),
        shown=len(page.rows),
        bar=bar,
        first_url=None if page.is_first else list_url(address, wanted),
        next_url=page.next_cursor and list_url(address, wanted, after=page.next_cursor),
        sorts={
            sort.value: list_url(address, wanted.sorted_by(sort))
            for sort in (Sort.AMOUNT, Sort.DUE, Sort.PROGRESS)
        },
        descending=queries.ORDERS[wanted.sort].is_descending != wanted.is_reversed,
        may_enter=g.actor.role in LEAD_WRITERS,
        unseen=unseen_in(g.actor, wanted, judged, today),
    )


def list_url(address: str, wanted: LeadFilter, **more: str) -> str:
    """The address of a list. The prefix is made once per page, not once per link."""
    args = wanted.url_args() | more
    return f"{address}?{urlencode(args)}" if args else address


@dataclass(frozen=True, slots=True)
class Listed:
    """One row, every cell ready to print."""

    href: str
    title: str
    investor: str | None
    stage: Markup
    amount: str
    amount_note: str | None
    chain: str
    owner: str
    department: str
    next_action: str | None
    next_on: str
    is_late: bool
    lacks_next: bool
    progress_on: str
    is_sensitive: bool


def listed(rows: Sequence[Any], choices: queries.Choices, today: date) -> Iterator[Listed]:
    """The page's rows in words. What is the same in many rows is worded once."""
    english = _is_english()
    chains = {row[0]: named(row, english=english) for row in choices.chains}
    units = {row[0]: named(row, english=english) for row in choices.departments}
    badges = {stage: stage_badge(stage) for stage in {row.stage for row in rows}}
    prefix = url_for("leads.detail", lead_id=0).removesuffix("0")
    for row in rows:
        due = row.next_action_on
        is_open = row.stage not in CLOSED
        yield Listed(
            href=f"{prefix}{row.id}",
            title=row.title,
            investor=row.investor,
            stage=badges[row.stage],
            amount=in_yi(row.investment_yuan),
            amount_note=amount_note(row.investment_text),
            chain=chains.get(row.chain_id, ""),
            owner=row.owner or "",
            department=units.get(row.department_id, ""),
            next_action=row.next_action,
            next_on=due.isoformat() if due else "",
            is_late=bool(due and due < today and is_open),
            lacks_next=due is None and row.stage in NEEDS_NEXT_ACTION,
            progress_on=row.last_progress_on.isoformat(),
            is_sensitive=row.is_sensitive,
        )


def stage_badge(stage: Stage) -> Markup:
    tone = TONES.get(stage)
    classes = f"badge badge-{tone}" if tone else "badge"
    return Markup('<span class="{}">{}</span>').format(classes, word(stage))


def in_yi(value: int | None) -> str:
    """Yuan as a bare number of 亿元, cut (never rounded up) after four decimals, which is 万元."""
    if value is None:
        return ""
    whole, rest = divmod(value, YI)
    decimals = f"{rest // WAN:04d}".rstrip("0")
    if not whole and not decimals and value:
        return f"{Decimal(value) / YI:f}".rstrip("0")  # less than 万元: shown as it is
    return f"{whole}.{decimals}" if decimals else str(whole)


def amount_note(text: str | None) -> str | None:
    """What was said, where the bare number does not say it all: 约6亿, 3000万美元, 50-60亿."""
    return text if text and PLAIN_AMOUNT.fullmatch(text) is None else None


def named(row: tuple[int, str, str | None], *, english: bool) -> str:
    return row[2] or row[1] if english else row[1]


def _is_english() -> bool:
    return not is_chinese()


class FilterBar:
    """The pick lists above the list, what they stand at, and one chip for each condition."""

    def __init__(self, wanted: LeadFilter, choices: queries.Choices, today: date) -> None:
        english = _is_english()
        self.wanted = wanted
        self.args = wanted.url_args()
        self.stages = [(code.value, words(code)) for code in (Bucket.OPEN, Bucket.IN_TALKS, *Stage)]
        nobody = ("none", _("未定"))
        self.chains = [_option(row, english) for row in choices.chains] + [("none", _("待归链"))]
        self.chain_roles = [(code.value, words(code)) for code in ChainRole]
        self.chain_roles.append(("none", _("未注明")))
        self.departments = [_option(row, english) for row in choices.departments] + [nobody]
        self.people = [_option(row, english) for row in choices.people] + [nobody]
        self.dues = [(code.value, words(code)) for code in Due]
        self.quiets = [(code.value, words(code)) for code in Quiet]
        self.quotas = [
            (row.code, label_text(row.label)) for row in quotas_of(wanted.year or today.year)
        ]
        self.verdicts = [
            (f"{code}:{outcome}", f"{label} · {words(outcome)}")
            for code, label in self.quotas
            for outcome in Outcome
        ]
        self.verdict = f"{wanted.quota}:{wanted.verdict}" if wanted.verdict else ""
        self.segment, self.sponsor, self.zone = (
            one and named(one, english=english)
            for one in (choices.segment, choices.sponsor, choices.zone)
        )

    @property
    def kept(self) -> dict[str, str]:
        """Conditions without a field of their own, carried along by hidden ones."""
        names = (
            "segment", "below", "sponsor", "zone", "milestone", "event", "level", "once", "since",
            "until", "year", "sort",
        )  # fmt: skip
        kept = {name: self.args[name] for name in names if name in self.args}
        if self.wanted.quota and not self.wanted.verdict:
            kept["quota"] = self.args["quota"]
        return kept

    @property
    def has_more(self) -> bool:
        """Whether a condition stands in the folded part of the bar."""
        return bool(
            self.args.keys()
            & {"amount_from", "amount_to", "chain_role", "quiet", "verdict", "sensitive"}
        )

    def chips(self, address: str) -> list[dict[str, Any]]:
        """Each condition in words, with the address of the list without it."""
        wanted = self.wanted
        told: list[tuple[str, Any, tuple[str, ...]]] = []
        if wanted.q:
            told.append((_("搜索"), wanted.q, ("q",)))
        if wanted.stage:
            told.append((_("阶段"), words(wanted.stage), ("stage",)))
        for name, label, options in (
            ("chain", _("产业链"), self.chains),
            ("chain_role", _("链上角色"), self.chain_roles),
            ("owner", _("责任人"), self.people),
            ("department", _("责任单位"), self.departments),
        ):
            if (value := self.args.get(name)) is not None:
                told.append((label, dict(options).get(value, value), (name,)))
        if wanted.segment is not None:
            at = self.segment or _("未定")
            told.append(
                (
                    _("环节"),
                    _("%(segment)s及其下级", segment=at) if wanted.below else at,
                    ("segment", "below"),
                )
            )
        for name, label, one in (
            ("sponsor", _("包挂领导"), self.sponsor),
            ("zone", _("组团"), self.zone),
        ):
            if name in self.args:
                told.append((label, one or _("未定"), (name,)))
        for name, label in (("amount_from", _("总投资不低于")), ("amount_to", _("总投资不高于"))):
            if (yuan := getattr(wanted, name)) is not None:
                told.append((label, money_text(yuan), (name,)))
        if wanted.due:
            told.append((_("下一步"), words(wanted.due), ("due",)))
        if wanted.quiet:
            told.append((_("久未推进"), words(wanted.quiet), ("quiet",)))
        if wanted.quota:
            told.append(self._quota_chip())
        if wanted.milestone:
            told.append((_("里程碑"), words(wanted.milestone), ("milestone", "since", "until")))
        if wanted.since or wanted.until:
            told.append((_("起止日期"), self._days(), ("since", "until")))
        if wanted.sensitive is not None:
            told.append((_("敏感项目"), _("是") if wanted.sensitive else _("否"), ("sensitive",)))
        return [
            {
                "label": f"{label}{mark('：', ': ')}{value}",
                "href": list_url(address, wanted.without(*names)),
            }
            for label, value, names in told
        ]

    def _quota_chip(self) -> tuple[str, str, tuple[str, ...]]:
        wanted = self.wanted
        label = dict(self.quotas).get(str(wanted.quota), str(wanted.quota))
        if wanted.year:
            label = f"{wanted.year} {label}"
        codes = (wanted.level, wanted.event, wanted.verdict)
        told = [str(words(code)) for code in codes if code]
        if wanted.once:
            told.append(_("不重复口径"))
        said = mark("、", ", ").join(told) or _("已判定")
        days = () if wanted.milestone else ("since", "until")
        return label, said, ("quota", "year", "event", "verdict", "level", "once", *days)

    def _days(self) -> str:
        since, until = (
            day.isoformat() if day else "" for day in (self.wanted.since, self.wanted.until)
        )
        if since and until:
            return _("%(since)s至%(until)s", since=since, until=until)
        return _("%(since)s起", since=since) if since else _("截至%(until)s", until=until)


def _option(row: tuple[int, str, str | None], english: bool) -> tuple[str, str]:
    return str(row[0]), named(row, english=english)


def words(code: StrEnum) -> Any:
    """The words of a filter's code, or of a stage."""
    return FILTER_WORDS[type(code)][code] if type(code) in FILTER_WORDS else word(code)
