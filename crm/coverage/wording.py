"""Words for the status of segments, its reasons, and what the office sets."""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from flask_babel import LazyString, lazy_pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.coverage.rules import PER_POINT, Number, Part, Reason, ReasonCode, Status
from crm.coverage.rules.scoring import Exclusion, ListKind, Seat, Term
from crm.coverage.rules.viewing import Kind

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Status: {
        Status.GAP: _l("空白"),
        Status.WEAK: _l("薄弱"),
        Status.HAS: lazy_pgettext("segment", "有"),
        Status.STRONG: lazy_pgettext("segment", "强"),
        Status.NOT_SOUGHT: _l("不招引"),
    },
    Kind: {
        Kind.FIRMS: _l("有本地企业"),
        Kind.LEADS: _l("有项目"),
        Kind.NEEDS: _l("有链主需求"),
    },
    Part: {Part.STATUS: _l("环节状态"), Part.TARGETS: _l("目标企业")},
    Number: {
        Number.HAS_POINTS: _l("“有”至少"),
        Number.STRONG_POINTS: _l("“强”至少"),
        Number.ANCHOR_PERCENT: _l("链主折算"),
        Number.SUPPORT_PERCENT: _l("研发、服务折算"),
        Number.STALE_AFTER_DAYS: _l("多久未核算过期"),
        Number.STALE_PERCENT: _l("过期未核折算"),
        Number.NEED_POINTS: _l("每项配套需求扣减"),
        Number.TALKS_PERCENT: _l("空白升为薄弱所需"),
        Number.TARGET_GAP_POINTS: _l("环节空白"),
        Number.TARGET_WEAK_POINTS: _l("环节薄弱"),
        Number.LIST_COUNTED_POINTS: _l("指标认可的榜单"),
        Number.LIST_LARGE_POINTS: _l("其他500强、100强榜单"),
        Number.LIST_OTHER_POINTS: _l("其他榜单"),
        Number.ANCHOR_PARTNER_POINTS: _l("链主点名"),
        Number.ANCHOR_NEED_POINTS: _l("链主在本环节有需求"),
        Number.SIGNAL_POINTS: _l("扩产信号"),
        Number.SIGNAL_HALF_LIFE_DAYS: _l("扩产信号减半"),
        Number.AFFILIATE_POINTS: _l("省内关联企业"),
        Number.QUOTA_FIT_POINTS: _l("可望计入指标"),
        Number.CONTACT_POINTS: _l("有人可联系"),
        Number.TALKS_MINUS_POINTS: _l("已在谈扣减"),
        Number.GROUP_TALKS_MINUS_POINTS: _l("集团内在谈扣减"),
        Number.REFUSED_MINUS_POINTS: _l("一年内终止扣减"),
    },
    ListKind: {
        ListKind.COUNTED: _l("指标认可的榜单"),
        ListKind.LARGE: _l("其他500强、100强榜单"),
        ListKind.OTHER: _l("其他榜单"),
    },
    Exclusion: {
        Exclusion.LOCAL: _l("已在本区"),
        Exclusion.SETTLED: _l("在本环节已有项目签约或注册"),
        Exclusion.EXCLUDED_TYPE: _l("属于不招引的类型"),
        Exclusion.DISMISSED: _l("暂不考虑"),
    },
    Seat: {
        Seat.PROVINCE: _l("在省内"),
        Seat.ELSEWHERE: _l("在省外"),
        Seat.UNKNOWN: _l("所在地不详"),
    },
    Term: {
        Term.GAP: _l("环节空白"),
        Term.WEAK: _l("环节薄弱"),
        Term.FILLED: _l("环节已有企业"),
        Term.NOT_SOUGHT: _l("环节不作招引"),
        Term.LISTED: _l("上榜：%(what)s"),
        Term.NOT_LISTED: _l("不在已核对的榜单上"),
        Term.ANCHOR_PARTNER: _l("链主点名：%(what)s"),
        Term.ANCHOR_NEED: _l("链主在本环节有需求：%(what)s"),
        Term.NO_ANCHOR: _l("未见与本地链主的供需关系"),
        Term.SIGNALS: _l("扩产信号：%(what)s"),
        Term.NO_SIGNALS: _l("未见扩产信号"),
        Term.IN_PROVINCE: _l("企业就在省内"),
        Term.AFFILIATE: _l("省内有关联企业：%(what)s"),
        Term.NO_AFFILIATE: _l("省内未见关联企业"),
        Term.FITS_QUOTA: _l("可望计入%(what)s"),
        Term.FITS_NO_QUOTA: _l("尚看不出能计入哪项指标"),
        Term.CONTACT: _l("有联系人和电话"),
        Term.REFERRED: _l("有引荐人"),
        Term.NO_CONTACT: _l("没有联系人电话"),
        Term.IN_TALKS: _l("已在谈：%(what)s"),
        Term.GROUP_IN_TALKS: _l("集团内企业在谈：%(what)s"),
        Term.REFUSED: _l("一年内终止过：%(what)s"),
    },
}

ABOUT: dict[Number, LazyString] = {
    Number.HAS_POINTS: _l("弱、中、强的企业各计1、2、3分。"),
    Number.STRONG_POINTS: _l("应大于“有”的分数。"),
    Number.ANCHOR_PERCENT: _l("链主企业的分数乘以这个比例。"),
    Number.SUPPORT_PERCENT: _l("只做研发或服务的企业乘以这个比例。"),
    Number.STALE_AFTER_DAYS: _l("超过这些天没有核实的企业按过期计。"),
    Number.STALE_PERCENT: _l("过期未核的企业再乘以这个比例。"),
    Number.NEED_POINTS: _l("链主尚未满足的每项配套需求减去这些分，有企业在就不会减成空白。"),
    Number.TALKS_PERCENT: _l(
        "没有企业时，推进中的项目合计预计落地多少，才由空白算作薄弱；100%即一个项目。"
    ),
    Number.TARGET_GAP_POINTS: _l("企业所属的环节空白时加这些分。"),
    Number.TARGET_WEAK_POINTS: _l("企业所属的环节薄弱时加这些分。"),
    Number.LIST_COUNTED_POINTS: _l(
        "企业或控股它的企业在某项指标认可的榜单上；几个榜单只取最高的。"
    ),
    Number.LIST_LARGE_POINTS: _l("在指标没有采用的500强、100强榜单上。"),
    Number.LIST_OTHER_POINTS: _l("在其他榜单上。"),
    Number.ANCHOR_PARTNER_POINTS: _l("本地链主的三张清单提到这家企业。"),
    Number.ANCHOR_NEED_POINTS: _l("本地链主在企业所属的环节有未满足的需求。"),
    Number.SIGNAL_POINTS: _l(
        "当天的分量：公告扩产100%、新设子公司80%、融资60%、政策40%，随时间减弱；几条相加，最多得满分。"
    ),
    Number.SIGNAL_HALF_LIFE_DAYS: _l("每过这些天，扩产信号的分量减半。"),
    Number.AFFILIATE_POINTS: _l("企业或同一集团的企业在本省。"),
    Number.QUOTA_FIT_POINTS: _l("上榜或公告的投资额达到某项指标的门槛。"),
    Number.CONTACT_POINTS: _l("登记了联系人和电话，或者有引荐人。"),
    Number.TALKS_MINUS_POINTS: _l("全区已有人在谈这家企业。"),
    Number.GROUP_TALKS_MINUS_POINTS: _l("全区已有人在谈同一集团的企业。"),
    Number.REFUSED_MINUS_POINTS: _l("一年内有这家企业的项目终止。"),
}

FIELD: dict[str, LazyString] = {name.value: words for name, words in WORDS[Number].items()}
"""The names under which a change of the settings is told."""

TARGET_FIELD: dict[str, LazyString] = {
    "enterprise": _l("企业名称"),
    "segment": _l("环节"),
    "reason": _l("原因"),
    "until_on": _l("到期日"),
    "code": _l("产业链或环节"),
    "rows": _l("企业数"),
}
"""The names under which the trail tells of companies put aside, and of lists taken."""

ICON: dict[Status, str] = {
    Status.GAP: "circle-dashed",
    Status.WEAK: "alert-triangle",
    Status.HAS: "check",
    Status.STRONG: "circle-check",
    Status.NOT_SOUGHT: "ban",
}


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader's language. Raises KeyError."""
    return WORDS[type(code)][code]


def unit_word(name: Number) -> str:
    """The unit of a number as it stands inside the field."""
    if name.value.endswith("percent"):
        return "%"
    return _("天") if name.value.endswith("days") else _("分")


@lru_cache(1024)
def points_text(hundredths: int) -> str:
    """Hundredths in plain figures: 250 is 2.5."""
    whole, rest = divmod(hundredths, PER_POINT)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


_REASONS: dict[ReasonCode, LazyString] = {
    ReasonCode.LAYOUT_EXTERNAL: _l("布局为外部协作，不作招引"),
    ReasonCode.LAYOUT_NONE: _l("不布局"),
    ReasonCode.NO_FIRM: _l("没有本地企业"),
    ReasonCode.ANCHORS: _l("链主%(n)s家"),
    ReasonCode.STRONG_FIRMS: _l("强的本地企业%(n)s家"),
    ReasonCode.MEDIUM_FIRMS: _l("中等的本地企业%(n)s家"),
    ReasonCode.WEAK_FIRMS: _l("弱的本地企业%(n)s家"),
    ReasonCode.SUPPORT_FIRMS: _l("其中只做研发或服务的%(n)s家"),
    ReasonCode.LANDED_LEADS: _l("已在本区注册、企业未登记到链上的项目%(n)s个"),
    ReasonCode.STALE_CHECKS: _l("过期未核的企业%(n)s家"),
    ReasonCode.SUPPLY_NEEDS: _l("链主未满足的配套需求%(n)s项"),
    ReasonCode.COMING_ENOUGH: _l("推进中的项目%(n)s个，预计落地%(have)s个，足以算作薄弱"),
    ReasonCode.COMING_EARLY: _l("推进中的项目%(n)s个，预计落地%(have)s个，不到%(want)s个"),
    ReasonCode.COMING_BESIDES: _l("另有推进中的项目%(n)s个，预计落地%(have)s个"),
    ReasonCode.SHORT_OF_HAS: _l("计%(have)s分，不到“有”的%(want)s分"),
    ReasonCode.ENOUGH_FOR_HAS: _l("连同已注册的项目计%(have)s分，达到“有”的%(want)s分"),
    ReasonCode.SHORT_OF_STRONG: _l("已登记的企业计%(have)s分，不到“强”的%(want)s分"),
    ReasonCode.ENOUGH_FOR_STRONG: _l("已登记的企业计%(have)s分，达到“强”的%(want)s分"),
    ReasonCode.WITH_BELOW: _l("含下级环节%(n)s个"),
}


def reason_text(reason: Reason) -> str:
    """A reason in one short sentence without a full stop."""
    return _told(str(_REASONS[reason.code]), reason)


def reason_texts(reasons: Iterable[Reason], words: dict[ReasonCode, str]) -> list[str]:
    """Many of them: a page's reasons have few words, which are put into its language once (`words`)."""
    found = []
    for reason in reasons:
        if reason.code not in words:
            words[reason.code] = str(_REASONS[reason.code])
        found.append(_told(words[reason.code], reason))
    return found


def _told(words: str, reason: Reason) -> str:
    return words % {
        "n": reason.count,
        "have": points_text(reason.have),
        "want": points_text(reason.want),
    }
