"""Words for the status of segments, its reasons, and what the office sets."""

from enum import StrEnum

from flask_babel import LazyString, lazy_pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.coverage.rules import PER_POINT, Number, Part, Reason, ReasonCode, Status

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Status: {
        Status.GAP: _l("空白"),
        Status.WEAK: _l("薄弱"),
        Status.HAS: lazy_pgettext("segment", "有"),
        Status.STRONG: lazy_pgettext("segment", "强"),
        Status.NOT_SOUGHT: _l("不招引"),
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
        Number.TALKS_PERCENT: _l("在谈抬升所需"),
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
    Number.TALKS_PERCENT: _l("没有企业时，在谈项目预计落地数达到百分之几，才由空白算作薄弱。"),
}

FIELD: dict[str, LazyString] = {name.value: words for name, words in WORDS[Number].items()}
"""The names under which a change of the settings is told."""

ICON: dict[Status, str] = {
    Status.GAP: "circle-dashed",
    Status.WEAK: "alert-triangle",
    Status.HAS: "check",
    Status.STRONG: "circle-check",
    Status.NOT_SOUGHT: "minus",
}


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader's language. Raises KeyError."""
    return WORDS[type(code)][code]


def unit_word(name: Number) -> str:
    """The unit of a number as it stands inside the field."""
    if name.value.endswith("percent"):
        return "%"
    return _("天") if name.value.endswith("days") else _("分")


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
    ReasonCode.COMING_ENOUGH: _l("在谈%(n)s个，预计落地%(have)s个，足以算作薄弱"),
    ReasonCode.COMING_EARLY: _l("在谈%(n)s个，预计落地%(have)s个，不到%(want)s个"),
    ReasonCode.COMING_BESIDES: _l("另有在谈%(n)s个，预计落地%(have)s个"),
    ReasonCode.SHORT_OF_HAS: _l("计%(have)s分，不到“有”的%(want)s分"),
    ReasonCode.SHORT_OF_STRONG: _l("计%(have)s分，不到“强”的%(want)s分"),
    ReasonCode.ENOUGH_FOR_STRONG: _l("计%(have)s分，达到“强”的%(want)s分"),
    ReasonCode.WITH_BELOW: _l("含下级环节%(n)s个"),
}


def reason_text(reason: Reason) -> str:
    """A reason in one short sentence without a full stop."""
    return str(_REASONS[reason.code]) % {
        "n": reason.count,
        "have": points_text(reason.have),
        "want": points_text(reason.want),
    }
