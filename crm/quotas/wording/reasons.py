"""What a verdict found, in plain, neutral words.

A reason never invites anybody to raise a figure: it says what the papers show and what would be
looked at again.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.language import is_chinese
from crm.core.money import format_money
from crm.leads import wording as leads_wording
from crm.leads.rules import FigureSource, Qualifier
from crm.quotas.rules import Reason, ReasonCode
from crm.quotas.wording.codes import word
from crm.quotas.wording.criteria import choice_text, list_text
from crm.quotas.wording.marks import listed, mark, share_text, yuan_text

NEUTRAL: dict[ReasonCode, LazyString] = {
    ReasonCode.AMOUNT_BELOW: _l("%(figure)s%(value)s，低于门槛%(lacks)s"),
    ReasonCode.AMOUNT_MISSING: _l("未登记%(field)s"),
    ReasonCode.AMOUNT_EXPECTED: _l("%(figure)s%(value)s，门槛%(threshold)s"),
    ReasonCode.AMOUNT_STATED: _l("%(figure)s%(value)s，门槛%(threshold)s"),
    ReasonCode.AMOUNT_ABOUT: _l("%(figure)s%(value)s，门槛%(threshold)s"),
    ReasonCode.AMOUNT_PROVISIONAL: _l("%(figure)s%(value)s，门槛%(threshold)s"),
    ReasonCode.AMOUNT_WITHOUT_RATE: _l("%(figure)s为外币，缺少汇率"),
    ReasonCode.BASIS_MISSING: _l("%(figure)s%(value)s，门槛%(threshold)s"),
    ReasonCode.BASIS_NOT_ACCEPTED: _l("%(figure)s%(value)s的口径不在认定范围"),
    ReasonCode.SOURCE_TO_COME: _l("%(figure)s%(value)s，门槛%(threshold)s"),
    ReasonCode.COMMITMENT_UNMET: _l("%(figure)s%(value)s，门槛%(threshold)s"),
    ReasonCode.RANKING_NONE: _l("没有已确认的榜单记录"),
    ReasonCode.RANKING_UNCONFIRMED: _l("%(list)s的榜单记录未经确认"),
    ReasonCode.RANKING_NOT_YET_PUBLISHED: _l("%(list)s%(edition)s年榜单于%(on)s发布，晚于判定日"),
    ReasonCode.RANKING_OUTDATED: _l("判定日适用的%(list)s榜单中没有该企业"),
    ReasonCode.SHAREHOLDING_UNKNOWN: _l("列入%(list)s%(edition)s年榜单，持股比例未登记"),
    ReasonCode.SHAREHOLDING_LOW: _l("列入%(list)s%(edition)s年榜单，持股%(share)s，低于%(least)s"),
    ReasonCode.SIGNING_DAY_MISSING: _l("列入%(list)s%(edition)s年榜单，签约日期未登记"),
    ReasonCode.NOT_FIRST_ENTRY: _l("%(company)s所属集团已有项目于%(on)s签约"),
    ReasonCode.ENTRY_UNKNOWN: _l("榜单企业未确认"),
    ReasonCode.NOT_PHYSICAL: _l("非实体项目"),
    ReasonCode.PHYSICAL_UNSET: _l("是否实体项目未登记"),
    ReasonCode.NOT_HEADQUARTERS: _l("非总部项目"),
    ReasonCode.HEADQUARTERS_UNCONFIRMED: _l("总部项目未经确认"),
    ReasonCode.HEADQUARTERS_TYPE_OTHER: _l("总部类型为%(fact)s"),
    ReasonCode.HEADQUARTERS_TYPE_UNSET: _l("总部类型未登记"),
    ReasonCode.FACT_OTHER: _l("%(name)s为%(fact)s"),
    ReasonCode.FACT_UNSET: _l("%(name)s未登记"),
}
"""The finding without its consequence, where the criteria ask that it does not hold."""


def reason_text(
    reason: Reason, *, is_alternative: bool = False, names: Mapping[str, str] | None = None
) -> str:
    """One sentence (without full stop) that tells a finding with its amounts, list and days.

    `is_alternative`: the lead counts by another way, so falling short here has no consequence.
    `names` are the words for codes of chains and cluster areas.
    """
    if reason.is_negated:
        return _negated(reason, names or {})
    if is_alternative and reason.code is ReasonCode.AMOUNT_BELOW:
        return _filled(NEUTRAL[reason.code], reason, names or {})
    text = _filled(word(reason.code), reason, names or {})
    papers = {FigureSource.AGREEMENT, FigureSource.FILING, FigureSource.STATISTICS}
    if reason.code is ReasonCode.AMOUNT_BELOW and reason.source in papers:
        text += _("；如有补充协议请上传复核")
    return text


def _negated(reason: Reason, names: Mapping[str, str]) -> str:
    fact = _filled(NEUTRAL.get(reason.code, word(reason.code)), reason, names)
    if reason.passed is None:
        return _("排除条件待补佐证：%(fact)s", fact=fact)
    if reason.passed:
        return _("不属于排除条件：%(fact)s", fact=fact)
    return _("属于排除条件：%(fact)s，未满足", fact=fact)


def _filled(text: LazyString, reason: Reason, names: Mapping[str, str]) -> str:
    return str(text) % _Values(reason, names)


class _Values:
    """What a sentence may name of a finding; made only where it does, since most name two or three."""

    __slots__ = ("_names", "_reason")

    def __init__(self, reason: Reason, names: Mapping[str, str]) -> None:
        self._reason, self._names = reason, names

    def __getitem__(self, name: str) -> str:
        return _VALUES[name](self._reason, self._names)


def _figure(reason: Reason, _names: Mapping[str, str]) -> str:
    """“备案口径总投资”: the amount with the papers it comes from."""
    if reason.field is None:
        return ""
    field = str(leads_wording.word(reason.field))
    if reason.source is None:
        return field
    return f"{leads_wording.word(reason.source)}{mark('', ': ')}{field}"


_VALUES: dict[str, Callable[[Reason, Mapping[str, str]], str]] = {
    "figure": _figure,
    "field": lambda reason, _names: str(leads_wording.word(reason.field)) if reason.field else "",
    "value": lambda reason, _names: _qualified(reason),
    "threshold": lambda reason, _names: yuan_text(reason.threshold or 0),
    "lacks": lambda reason, _names: _lack(reason.lacks_yuan or 0, reason.value or 0),
    "list": lambda reason, names: list_text(reason.list_code or "", names),
    "edition": lambda reason, _names: str(reason.edition_year or ""),
    "on": lambda reason, _names: reason.on.isoformat() if reason.on else "",
    "share": lambda reason, _names: share_text(reason.shareholding),
    "least": lambda reason, _names: share_text(reason.min_shareholding),
    "exclusion": lambda reason, _names: (
        str(leads_wording.word(reason.exclusion)) if reason.exclusion else ""
    ),
    "company": lambda reason, _names: reason.company or "",
    "sources": lambda reason, _names: listed(
        [str(leads_wording.word(each)) for each in reason.accepted_sources]
    ),
    "name": lambda reason, _names: str(word(reason.fact)) if reason.fact else "",
    "fact": lambda reason, names: choice_text(reason.fact, reason.fact_value or "", names),
}


def _qualified(reason: Reason) -> str:
    shown = yuan_text(reason.value or 0)
    if reason.currency and reason.amount is not None and reason.rate and reason.rate_on:
        shown = _(
            "%(yuan)s（%(amount)s，%(on)s汇率%(rate)s）",
            yuan=shown,
            amount=format_money(reason.amount, reason.currency, "zh" if is_chinese() else "en"),
            on=reason.rate_on.isoformat(),
            rate=f"{reason.rate.normalize():f}",
        )
    if reason.qualifier is Qualifier.ABOUT:
        return _("约%(amount)s", amount=shown)
    if reason.qualifier is Qualifier.RANGE:
        return _("%(amount)s（区间下限）", amount=shown)
    if reason.qualifier is Qualifier.AT_LEAST:
        return _("不低于%(amount)s", amount=shown)
    if reason.qualifier is Qualifier.OVER:
        return _("超%(amount)s", amount=shown)
    return shown


YI = 100_000_000


WORTH_SHOWING_IN_YI = YI // 100
"""0.01亿元: below it a lack is clearer in 万元, whatever unit the amount has."""


def _lack(lacks: int, beside: int) -> str:
    """The lack in the unit of the amount it stands beside, so that the two can be compared."""
    if is_chinese() and beside >= YI and WORTH_SHOWING_IN_YI <= lacks < YI:
        return f"{(Decimal(lacks) / YI).normalize():f}亿元"  # 原文
    return yuan_text(lacks)
