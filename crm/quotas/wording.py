"""What quotas say: verdicts and reasons in plain, neutral words, and the line to read out.

A reason never invites anybody to raise a figure: it says what the papers show and what would
be looked at again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Protocol

from flask_babel import LazyString, get_locale, lazy_pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.money import format_money, format_yuan
from crm.enterprises import wording as enterprises_wording
from crm.enterprises.rules import Ownership
from crm.leads import wording as leads_wording
from crm.leads.rules import (
    ChainRole,
    Exclusion,
    FigureSource,
    HeadquartersType,
    Nature,
    Origin,
    PromotionMode,
    Qualifier,
)
from crm.quotas.rules import (
    AllOf,
    Among,
    AmountClause,
    AnyOf,
    Clause,
    ClauseKey,
    ClauseName,
    CodesOf,
    CountingEvent,
    CriteriaFault,
    Curve,
    Divided,
    EditionPolicy,
    FactClause,
    FactName,
    FigureFault,
    HeadquartersClause,
    Measure,
    Modality,
    Not,
    Outcome,
    Pace,
    PhysicalClause,
    Progress,
    RankingClause,
    Reason,
    ReasonCode,
    Rounding,
    Source,
    Universe,
    ValueKind,
    VersionFault,
    WithdrawalFault,
    YearSection,
)
from crm.quotas.rules.drafting import GroupKind

# By class first: members of two StrEnums with the same value are equal and would share one key.
WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Outcome: {
        Outcome.COUNTS: _l("可计入"),
        Outcome.PENDING: _l("待补佐证"),
        Outcome.NO: _l("不计入"),
    },
    Modality: {
        Modality.STRIVE_FOR: _l("力争"),
        Modality.AT_LEAST: _l("不少于"),
        Modality.MORE_THAN: _l("突破"),
        Modality.EXPECTED: _l("预期"),
    },
    CountingEvent: {
        CountingEvent.SIGNED: _l("按签约计数"),
        CountingEvent.SIGNED_AND_REGISTERED: _l("按签约并注册计数"),
        CountingEvent.STARTED: _l("按开工计数"),
    },
    Rounding: {
        Rounding.HALF_UP: _l("四舍五入"),
        Rounding.UP: _l("向上取整"),
        Rounding.DOWN: _l("向下取整"),
    },
    Curve: {
        Curve.STRAIGHT: _l("按天数"),
        Curve.SEASONAL: _l("春节平缓、年末略多"),
    },
    Among: {
        Among.DEPARTMENT: _l("责任单位"),
        Among.SPONSOR: _l("包挂领导"),
    },
    Measure: {
        Measure.COUNT: _l("个数"),
        Measure.SUM: _l("合计"),
    },
    Source: {
        Source.COMPUTED: _l("本系统计算"),
        Source.REPORTED: _l("部门报数"),
    },
    Universe: {
        Universe.LEADS: _l("招商项目"),
        Universe.ENTERPRISES: _l("产业企业"),
        Universe.CARRIERS: _l("创新载体"),
        Universe.KEY_PROJECTS: _l("重点项目"),
        Universe.PARCELS: _l("土地供应"),
        Universe.RENEWAL: _l("城市更新"),
        Universe.EXTERNAL: _l("科技人才"),
    },
    YearSection: {
        YearSection.GROWTH: _l("主要预期目标（增速）"),
        YearSection.BASE: _l("往年基数"),
        YearSection.BY_LEVEL: _l("按级别"),
        YearSection.BY_STATE: _l("按建设状态"),
        YearSection.BY_PLACE: _l("按组团"),
        YearSection.RENEWAL: _l("城市更新项目"),
        YearSection.LEADING: _l("主导产业"),
        YearSection.FUTURE: _l("未来赛道"),
        YearSection.CHAIN_GROUPS: _l("产业链群"),
        YearSection.AXES: _l("发展轴带"),
    },
    Pace: {
        Pace.GREEN: _l("达到应达"),
        Pace.YELLOW: _l("略慢"),
        Pace.RED: _l("落后"),
    },
    FigureFault: {
        FigureFault.EMPTY: _l("请填写"),
        FigureFault.NOT_A_NUMBER: _l("看不懂这个数，写成240亿、7000万美元、3000亩的样子"),
        FigureFault.WRONG_UNIT: _l("单位与该指标不符"),
        FigureFault.NOT_EXACT: _l("报数应为确数，不写约、超、余或区间"),
        FigureFault.NOT_WHOLE: _l("应为整数"),
        FigureFault.TOO_PRECISE: _l("最多两位小数"),
        FigureFault.NEGATIVE: _l("不能小于0"),
        FigureFault.TOO_LARGE: _l("数值过大"),
        FigureFault.TOO_LONG: _l("最多40个字"),
    },
    CriteriaFault: {
        CriteriaFault.NOT_A_CLAUSE: _l("此处应为一个条件"),
        CriteriaFault.UNKNOWN_CLAUSE: _l("没有这种条件"),
        CriteriaFault.UNKNOWN_KEY: _l("此处不认识这一项"),
        CriteriaFault.EMPTY_LIST: _l("列表不能为空"),
        CriteriaFault.NOT_A_LIST: _l("此处应为列表"),
        CriteriaFault.UNKNOWN_FIELD: _l("没有这个指标字段"),
        CriteriaFault.UNKNOWN_BASIS: _l("没有这种口径"),
        CriteriaFault.UNKNOWN_CHOICE: _l("没有这个选项"),
        CriteriaFault.TWICE: _l("同一选项出现了两次"),
        CriteriaFault.NOT_WHOLE_YUAN: _l("门槛应为大于零的整数元"),
        CriteriaFault.NOT_A_SHARE: _l("持股比例应在0到1之间"),
        CriteriaFault.NOT_YES_OR_NO: _l("此处应为是或否"),
        CriteriaFault.UNKNOWN_AS_OF: _l("榜单只能按签约时点判定"),
        CriteriaFault.TOO_DEEP: _l("条件嵌套过深"),
        CriteriaFault.TOO_MANY: _l("条件过多"),
        CriteriaFault.NEVER_TRUE: _l("条件自相矛盾，没有项目能够满足"),
    },
    EditionPolicy: {
        EditionPolicy.LATEST_BY_SIGNING: _l("签约日已发布的最新一版"),
        EditionPolicy.SIGNING_YEAR: _l("签约年度的一版"),
        EditionPolicy.SIGNING_OR_LATEST: _l("签约时或最新一版，取其有利"),
    },
    FactName: {
        FactName.NATURE: _l("项目性质"),
        FactName.ORIGIN: _l("投资方来源地"),
        FactName.CHAIN: _l("产业链"),
        FactName.CHAIN_ROLE: _l("链上角色"),
        FactName.ZONE: _l("组团"),
        FactName.OWNERSHIP: _l("投资方所有制"),
        FactName.PROMOTION_MODE: _l("招商方式"),
    },
    ClauseName: {
        ClauseName.RANKING: _l("列入榜单"),
        ClauseName.AMOUNT: _l("金额达到"),
        ClauseName.IS_PHYSICAL: _l("实体项目"),
        ClauseName.IS_HEADQUARTERS: _l("总部项目"),
        ClauseName.NATURE: _l("项目性质"),
        ClauseName.ORIGIN: _l("投资方来源地"),
        ClauseName.CHAIN: _l("产业链"),
        ClauseName.CHAIN_ROLE: _l("链上角色"),
        ClauseName.ZONE: _l("组团"),
        ClauseName.OWNERSHIP: _l("投资方所有制"),
        ClauseName.PROMOTION_MODE: _l("招商方式"),
    },
    ClauseKey: {
        ClauseKey.LISTS: _l("榜单"),
        ClauseKey.MIN_SHAREHOLDING: _l("最低持股比例"),
        ClauseKey.EDITION_POLICY: _l("榜单版本"),
        ClauseKey.MIN_INVESTMENT_YUAN: _l("最低总投资"),
        ClauseKey.FIRST_ENTRY: _l("集团首次进入本区"),
        ClauseKey.FIELD: _l("金额"),
        ClauseKey.AT_LEAST_YUAN: _l("不低于（含）"),
        ClauseKey.BASIS: _l("认可的口径"),
        ClauseKey.SOURCES: _l("认可的来源"),
        ClauseKey.TYPES: _l("总部类型"),
        ClauseKey.OF: _l("属于其中之一"),
    },
    ValueKind: {
        ValueKind.YUAN: _l("金额（元）"),
        ValueKind.SHARE: _l("比例"),
        ValueKind.YES_NO: _l("是或否"),
        ValueKind.CHOICE: _l("单选"),
        ValueKind.CHOICES: _l("多选"),
    },
    CodesOf: {
        CodesOf.RANKING_LISTS: _l("榜单"),
        CodesOf.CHAINS: _l("产业链"),
        CodesOf.ZONES: _l("组团"),
    },
    GroupKind: {
        GroupKind.ANY: _l("满足任意一项"),
        GroupKind.ALL: _l("同时满足全部"),
        GroupKind.NONE: _l("下列均不满足"),
    },
    WithdrawalFault: {
        WithdrawalFault.BEGUN: _l("已到施行日期，不能撤回；可以另行发布新的版本"),
        WithdrawalFault.NO_REASON: _l("请写明撤回的原因"),
        WithdrawalFault.NOT_PUBLISHED: _l("只有已签发、待施行的版本可以撤回"),
    },
    VersionFault: {
        VersionFault.FROZEN: _l("已封账，不能再改"),
        VersionFault.NO_DOCUMENT: _l("请填写文号或会议纪要"),
        VersionFault.NO_DAY: _l("请填写施行日期"),
        VersionFault.SAME_DAY: _l("已有版本从这一天起施行，同一天只能有一个版本"),
        VersionFault.BEFORE_PREVIOUS: _l("施行日期应晚于上一版本的施行日期"),
        VersionFault.OUTSIDE_PERIOD: _l("施行日期应在统计年度之内"),
        VersionFault.PERIOD_CLOSED: _l("这一天所在的月份已封账，请改为之后的日期"),
        VersionFault.UNCHANGED: _l("与现行版本相同，没有需要发布的修改"),
        VersionFault.TARGET_NOT_POSITIVE: _l("目标应大于0"),
        VersionFault.TARGET_TOO_LARGE: _l("目标过大，请核对单位"),
        VersionFault.CLOSES_BEFORE_OPENS: _l("截止日早于开始日"),
        VersionFault.OTHER_YEAR: _l("统计年度应在本年结束，最早从上一年开始"),
        VersionFault.OVERLAPS: _l("与同一指标的其他年度重叠，重叠的日子会重复计数"),
        VersionFault.NODE_ABOVE_TARGET: _l("已设的节点超过新的目标，请先改节点"),
        VersionFault.NODE_OUTSIDE: _l("已设的节点不在新的年度内，请先改节点"),
    },
    ReasonCode: {
        ReasonCode.RANKED: _l("列入%(list)s%(edition)s年榜单，持股%(share)s"),
        ReasonCode.RANKING_NONE: _l("没有已确认的榜单记录，未满足"),
        ReasonCode.RANKING_UNCONFIRMED: _l("%(list)s的榜单记录未经确认，未满足"),
        ReasonCode.RANKING_NOT_YET_PUBLISHED: _l(
            "%(list)s%(edition)s年榜单于%(on)s发布，晚于判定日，未满足"
        ),
        ReasonCode.RANKING_OUTDATED: _l(
            "判定日适用的%(list)s榜单中没有该企业（最近列入%(edition)s年榜单），未满足"
        ),
        ReasonCode.SHAREHOLDING_UNKNOWN: _l(
            "已列入%(list)s%(edition)s年榜单，持股比例未登记，未满足"
        ),
        ReasonCode.SHAREHOLDING_LOW: _l(
            "已列入%(list)s%(edition)s年榜单，持股%(share)s，低于%(least)s，未满足"
        ),
        ReasonCode.SIGNING_DAY_MISSING: _l(
            "已列入%(list)s%(edition)s年榜单，签约日期未登记，待补佐证"
        ),
        ReasonCode.FIRST_ENTRY: _l("榜单企业所属集团首次进入本区"),
        ReasonCode.NOT_FIRST_ENTRY: _l(
            "%(company)s所属集团已有项目于%(on)s签约，不是首次进入本区，未满足"
        ),
        ReasonCode.ENTRY_UNKNOWN: _l("榜单企业未确认，是否首次进入本区待补佐证"),
        ReasonCode.AMOUNT_REACHED: _l("%(figure)s%(value)s，达到门槛%(threshold)s"),
        ReasonCode.AMOUNT_BELOW: _l("%(figure)s%(value)s，低于门槛%(lacks)s，不计入"),
        ReasonCode.AMOUNT_MISSING: _l("未登记%(field)s，未满足"),
        ReasonCode.AMOUNT_EXPECTED: _l("%(figure)s%(value)s为签约前预期，签约后按协议金额判定"),
        ReasonCode.AMOUNT_STATED: _l("%(figure)s%(value)s尚无材料，待补佐证"),
        ReasonCode.AMOUNT_ABOUT: _l("%(figure)s%(value)s，是否达到门槛%(threshold)s待补佐证"),
        ReasonCode.AMOUNT_PROVISIONAL: _l(
            "%(figure)s按最近汇率暂估为%(value)s，签约日汇率确定后复核"
        ),
        ReasonCode.AMOUNT_WITHOUT_RATE: _l("%(figure)s为外币，缺少汇率，待补佐证"),
        ReasonCode.BASIS_MISSING: _l("%(figure)s%(value)s未注明承诺或实际口径，待补佐证"),
        ReasonCode.BASIS_NOT_ACCEPTED: _l("%(figure)s%(value)s的口径不在认定范围，未满足"),
        ReasonCode.SOURCE_TO_COME: _l("%(figure)s%(value)s，尚缺%(sources)s材料，待补佐证"),
        ReasonCode.COMMITMENT_UNMET: _l(
            "%(figure)s%(value)s为承诺数，之后年度的实际数低于门槛%(lacks)s，兑现情况待补佐证"
        ),
        ReasonCode.PHYSICAL: _l("实体项目"),
        ReasonCode.NOT_PHYSICAL: _l("非实体项目，未满足"),
        ReasonCode.PHYSICAL_UNSET: _l("是否实体项目未登记，待补佐证"),
        ReasonCode.HEADQUARTERS: _l("总部项目"),
        ReasonCode.NOT_HEADQUARTERS: _l("非总部项目，未满足"),
        ReasonCode.HEADQUARTERS_UNCONFIRMED: _l("总部项目未经确认，未满足"),
        ReasonCode.HEADQUARTERS_TYPE_OTHER: _l("总部类型为%(fact)s，不在认定范围，未满足"),
        ReasonCode.HEADQUARTERS_TYPE_UNSET: _l("总部类型未登记，待补佐证"),
        ReasonCode.FACT_ACCEPTED: _l("%(name)s为%(fact)s"),
        ReasonCode.FACT_OTHER: _l("%(name)s为%(fact)s，不在认定范围，未满足"),
        ReasonCode.FACT_UNSET: _l("%(name)s未登记，待补佐证"),
        ReasonCode.EXCLUDED: _l("属于不计入类型：%(exclusion)s"),
        ReasonCode.LOST: _l("项目已终止，不计入"),
        ReasonCode.TRANSFERRED: _l("项目已流转，不计入"),
        ReasonCode.PHASE_OF_CONTRACT: _l("属于同一合同的分期，随合同项目合并计算，不重复计入"),
    },
}
"""One text for every member of every code of this feature; reasons are filled by reason_text."""

FIELD: dict[str, LazyString] = {
    "number": _l("版本"),
    "criteria": _l("认定条件"),
    "exclusions": _l("不计入类型"),
    "event": _l("计数方式"),
    "document_number": _l("文号"),
    "in_force_from": _l("施行日期"),
    "target": _l("目标"),
    "modality": _l("目标表述"),
    "rounding": _l("应达取整"),
    "opens": _l("统计开始日"),
    "closes": _l("统计截止日"),
    "monthly_cutoff_day": _l("每月截止日"),
    "curve": _l("应达曲线"),
    "owner_department": _l("责任单位"),
    "nodes": _l("节点"),
    "reported": _l("报数"),
    "month": _l("月份"),
    "document": _l("文号或文件名"),
    "last_year": _l("上年同期"),
    "counted": _l("计数"),
    "note": _l("说明"),
    "is_on": _l("开启排名"),
    "is_example": _l("示例"),
}
"""What the trail tells of a quota and its versions."""

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

LABELS: dict[str, LazyString] = {
    "大项目": _l("大项目"),  # 原文
    "实体总部": _l("实体总部"),  # 原文
}
"""The short names of the preset quotas; a quota with another label is shown by that label."""

UNITS: dict[str, LazyString] = {
    "个": _l("个"),
    "家": _l("家"),
    "亩": _l("亩"),
    "平方米": _l("平方米"),
    "套": _l("套"),
    "人": _l("人"),
}
UNITS_ONE: dict[str, LazyString] = {
    "个": lazy_pgettext("one", "个"),
    "家": lazy_pgettext("one", "家"),
    "套": lazy_pgettext("one", "套"),
    "人": lazy_pgettext("one", "人"),
}
"""The units beside a single one."""

BASES: dict[str, LazyString] = {
    "land_mu": _l("供地面积"),
    "idle_land_mu": _l("化解批而未供和闲置土地"),
    "completed_renewal_yuan": _l("城市更新完成投资"),
    "resettlement_units": _l("新建安置房"),
    "renewal_starts_m2": _l("城市更新新开工"),
}
"""Figures of an earlier year, by their names in the preset."""

REPORTED: dict[str, LazyString] = {
    "地区生产总值": _l("地区生产总值"),
    "一般公共预算收入": _l("一般公共预算收入"),
    "固定资产投资": _l("固定资产投资"),
    "规模以上工业增加值": _l("规模以上工业增加值"),
    "社会消费品零售总额": _l("社会消费品零售总额"),
    "进出口总额": _l("进出口总额"),
    "全体居民人均可支配收入": _l("全体居民人均可支配收入"),
    "区重点": _l("区重点"),
    "省级绿色低碳高质量发展重点": _l("省级绿色低碳高质量发展重点"),
    "市级重点": _l("市级重点"),
    "续建": _l("续建"),
    "新开工": _l("新开工"),
    "储备": lazy_pgettext("key projects", "储备"),
    "已启动": _l("已启动"),
    "征迁供地": _l("征迁供地"),
}
"""The names that reports of districts share; any other stands as the report has it."""

LISTS: dict[str, LazyString] = {
    "fortune_global_500": _l("世界500强"),
    "china_500": _l("中国企业500强"),
    "china_private_500": _l("中国民营企业500强"),
    "china_services_500": _l("中国服务业企业500强"),
    "strategic_emerging_100": _l("中国战略性新兴产业领军企业100强"),
}

WAN, YI = 10_000, 100_000_000
WORTH_SHOWING_IN_YI = YI // 100
"""0.01亿元: below it a lack is clearer in 万元, whatever unit the amount has."""


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]


def label_text(label: str) -> str:
    """A quota's label in the reader's language, as entered where it has no translation."""
    return str(LABELS.get(label, label))


def target_text(modality: Modality, target: int, unit: str) -> str:
    """A target as the year's plan words it: 不少于80家, 突破240亿元, 预期7000万美元."""
    return f"{word(modality)}{_mark('', ' ')}{figure_text(target, unit)}"


def figure_text(value: int | Decimal, unit: str) -> str:
    """A figure with every digit it has and its unit: 210.3亿元, 241.35万平方米, 2886.5亩."""
    if unit in {"元", "美元"}:  # 原文
        locale = "zh" if _is_chinese() else "en"
        return format_money(int(value), "CNY" if unit == "元" else "USD", locale)  # 原文
    number = Decimal(value)
    if _is_chinese() and abs(number) >= WAN:
        told = f"{_plain(number / WAN)}万"  # 原文
    else:
        told = _plain(number)
    return f"{told}{_mark('', ' ')}{unit_text(number, unit)}"


def reported_name(name: str) -> str:
    """A name of the year's report, in English where we know it."""
    return str(REPORTED.get(name, name))


def unit_text(number: Decimal, unit: str) -> str:
    """The unit of a number: 家, companies, company."""
    return str((UNITS_ONE if abs(number) == 1 and unit in UNITS_ONE else UNITS).get(unit, unit))


def typed_text(value: int, unit: str) -> str:
    """A figure as a form offers it to be changed: the same in every language, so it reads back."""
    if unit in {"元", "美元"}:  # 原文
        return format_money(value, "CNY" if unit == "元" else "USD", "zh")  # 原文
    return str(value)


def pace_text(progress: Progress, unit: str) -> str:
    """达到应达, 落后2个, 落后3.1亿元."""
    if progress.behind:
        return _("落后%(amount)s", amount=figure_text(progress.behind, unit))
    return str(word(progress.pace)) if progress.pace is Pace.GREEN else _("已到目标，尚未突破")


def months_text(months: Sequence[date]) -> str:
    """9月、10月, or Sep, Oct."""
    return listed(map(month_text, months))


MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def month_text(month: date) -> str:
    """A month of a year that is known: 9月, Sep."""
    return f"{month.month}月" if _is_chinese() else MONTHS_EN[month.month - 1]  # 原文


def listed(texts: Iterable[str]) -> str:
    """Several names in a line: 甲、乙."""
    return _mark("、", ", ").join(texts)


def _plain(number: Decimal) -> str:
    """Without trailing zeros; thousands apart, as in 1,234.5."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def list_text(code: str, names: Mapping[str, str] | None = None) -> str:
    """The name of a ranking list: a preset's word, else what `names` says, else its code."""
    return str(LISTS.get(code) or (names or {}).get(code, code))


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
    exclusion, fact = reason.exclusion, reason.fact
    figure = ""
    if reason.field is not None:
        figure = str(leads_wording.word(reason.field))
        if reason.source is not None:
            figure = f"{leads_wording.word(reason.source)}{_mark('', ': ')}{figure}"
    return str(text) % {
        "figure": figure,
        "field": str(leads_wording.word(reason.field)) if reason.field else "",
        "value": _qualified(reason),
        "threshold": _yuan(reason.threshold or 0),
        "lacks": _lack(reason.lacks_yuan or 0, reason.value or 0),
        "list": list_text(reason.list_code or "", names),
        "edition": reason.edition_year or "",
        "on": reason.on.isoformat() if reason.on else "",
        "share": _percent(reason.shareholding),
        "least": _percent(reason.min_shareholding),
        "exclusion": str(leads_wording.word(exclusion)) if exclusion else "",
        "company": reason.company,
        "sources": _listed([str(leads_wording.word(each)) for each in reason.accepted_sources]),
        "name": str(word(fact)) if fact else "",
        "fact": choice_text(fact, reason.fact_value or "", names),
    }


_CODES_OF_FACT: dict[FactName, type[StrEnum]] = {
    FactName.NATURE: Nature,
    FactName.ORIGIN: Origin,
    FactName.CHAIN_ROLE: ChainRole,
    FactName.OWNERSHIP: Ownership,
    FactName.PROMOTION_MODE: PromotionMode,
}


def choice_text(fact: FactName | None, code: str, names: Mapping[str, str] | None = None) -> str:
    """The word for a choice: a code of the fact, of a headquarters' type where `fact` is None."""
    kind = HeadquartersType if fact is None else _CODES_OF_FACT.get(fact)
    if kind is None or code not in list(kind):
        return (names or {}).get(code, code)
    if kind is Ownership:
        return str(enterprises_wording.word(Ownership(code)))
    return str(leads_wording.word(kind(code)))


def _listed(words: Sequence[str]) -> str:
    return _mark("、", ", ").join(words)


def _is_chinese() -> bool:
    return str(get_locale() or "zh").lower().startswith("zh")


def _mark(chinese: str, english: str) -> str:
    """A punctuation mark, which is no text to translate."""
    return chinese if _is_chinese() else english


def _yuan(yuan: int) -> str:
    return format_yuan(yuan, "zh" if _is_chinese() else "en")


def _qualified(reason: Reason) -> str:
    shown = _yuan(reason.value or 0)
    if reason.currency and reason.amount is not None and reason.rate and reason.rate_on:
        shown = _(
            "%(yuan)s（%(amount)s，%(on)s汇率%(rate)s）",
            yuan=shown,
            amount=format_money(reason.amount, reason.currency, "zh" if _is_chinese() else "en"),
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


def _lack(lacks: int, beside: int) -> str:
    """The lack in the unit of the amount it stands beside, so that the two can be compared."""
    if _is_chinese() and beside >= YI and WORTH_SHOWING_IN_YI <= lacks < YI:
        return f"{(Decimal(lacks) / YI).normalize():f}亿元"  # 原文
    return _yuan(lacks)


def _percent(share: Decimal | None) -> str:
    return "" if share is None else f"{(share * 100).normalize():f}%"


def criteria_text(clause: Clause, names: Mapping[str, str] | None = None) -> str:
    """The criteria as one sentence without full stop.

    “或” behind a comma binds looser than “且” without one; any other nesting stands in brackets, so
    that each tree reads in one way only. `names` are the words for codes of tables: ranking lists,
    chains, cluster areas.
    """
    words = names or {}
    match clause:
        case AnyOf():
            return _("，或").join(_bracketed(part, AnyOf, words) for part in clause.of)
        case AllOf():
            return _("且").join(_bracketed(part, AnyOf | AllOf, words) for part in clause.of)
        case Not():
            return _("不属于（%(clause)s）", clause=criteria_text(clause.of, words))
        case RankingClause():
            return _ranking_text(clause, words)
        case AmountClause():
            return _amount_text(clause)
        case PhysicalClause():
            return _("实体项目")
        case HeadquartersClause():
            if not clause.types:
                return _("总部项目")
            types = _listed([choice_text(None, each) for each in clause.types])
            return _("总部项目（%(types)s）", types=types)
        case FactClause():
            return _(
                "%(name)s为%(choices)s",
                name=word(clause.fact),
                choices=_listed([choice_text(clause.fact, each, words) for each in clause.of]),
            )


def exclusions_text(exclusions: frozenset[Exclusion]) -> str:
    """Which types bar a lead whatever it meets."""
    if not exclusions:
        return _("不设不计入类型")
    return _listed([str(leads_wording.word(each)) for each in Exclusion if each in exclusions])


def _ranking_text(clause: RankingClause, names: Mapping[str, str]) -> str:
    lists = _listed([list_text(code, names) for code in clause.lists])
    asked = []
    if clause.min_shareholding:
        asked.append(_("持股不低于%(share)s", share=_percent(clause.min_shareholding)))
    if clause.edition_policy is not EditionPolicy.LATEST_BY_SIGNING:
        asked.append(str(word(clause.edition_policy)))
    if clause.min_investment_yuan:
        asked.append(_("总投资不低于%(yuan)s", yuan=_yuan(clause.min_investment_yuan)))
    if clause.first_entry:
        asked.append(_("集团首次进入本区"))
    if not asked:
        return _("列入%(lists)s", lists=lists)
    return _("列入%(lists)s（%(asked)s）", lists=lists, asked=_mark("，", ", ").join(asked))


def _amount_text(clause: AmountClause) -> str:
    asked = []
    if clause.basis:
        basis = _listed([str(leads_wording.word(each)) for each in clause.basis])
        asked.append(_("口径：%(basis)s", basis=basis))
    if clause.sources:
        sources = _listed([str(leads_wording.word(each)) for each in clause.sources])
        asked.append(_("来源：%(sources)s", sources=sources))
    field, yuan = str(leads_wording.word(clause.field)), _yuan(clause.at_least_yuan)
    if not asked:
        return _("%(field)s%(yuan)s以上（含）", field=field, yuan=yuan)
    return _(
        "%(field)s%(yuan)s以上（含，%(asked)s）",
        field=field,
        yuan=yuan,
        asked=_mark("，", ", ").join(asked),
    )


def _bracketed(clause: Clause, kinds: UnionType | type, names: Mapping[str, str]) -> str:
    """The part, in brackets where it is a group that would read on into its neighbours."""
    text = criteria_text(clause, names)
    if not isinstance(clause, kinds) or (isinstance(clause, AnyOf | AllOf) and len(clause.of) == 1):
        return text
    return f"{_mark('（', '(')}{text}{_mark('）', ')')}"


def divided_text(divided: Divided, unit: str) -> str:
    """How what was given out stands beside the target: 加压, 未分解, or the same."""
    shared, target = figure_text(divided.shared, unit), figure_text(divided.target, unit)
    if divided.extra:
        extra = figure_text(divided.extra, unit)
        return _(
            "分解合计%(shared)s，全区任务%(target)s，加压%(extra)s",
            shared=shared,
            target=target,
            extra=extra,
        )
    if divided.undivided:
        undivided = figure_text(divided.undivided, unit)
        return _(
            "分解合计%(shared)s，全区任务%(target)s，未分解%(undivided)s",
            shared=shared,
            target=target,
            undivided=undivided,
        )
    return _("分解合计与全区任务一致，均为%(target)s", target=target)


def growth_text(growth: Decimal | None) -> str | None:
    """同比 with its sign: +33.3%, −5.0%; None where nothing can be told in per cent."""
    return None if growth is None else f"{growth:+}%".replace("-", "−")


def percent_text(percent: Decimal | None) -> str | None:
    """完成率: 66.7%, 100%."""
    return None if percent is None else f"{percent.normalize():f}%"


def day_text(on: date) -> str:
    """A day as documents write it: 2026年11月23日, 23 November 2026."""
    if _is_chinese():
        return f"{on.year}年{on.month}月{on.day}日"  # 原文
    return f"{on.day} {on:%B %Y}"


class Counted(Protocol):
    """A number and how much of it is 待补佐证."""

    @property
    def count(self) -> int: ...
    @property
    def pending(self) -> int: ...


class Countable(Protocol):
    """A quota with its numbers: a standing, or what the stored verdicts count."""

    @property
    def label(self) -> str: ...
    @property
    def target(self) -> int: ...
    @property
    def due(self) -> int: ...
    @property
    def signed(self) -> Counted: ...
    @property
    def registered(self) -> Counted: ...
    @property
    def started(self) -> Counted: ...


def one_line(quotas: Sequence[Countable], on: date, *, overlap: int, distinct: int) -> str:
    """The line to read out or paste: every quota's numbers, the overlap and the distinct total."""
    parts = [_standing_text(one) for one in quotas]
    if len(quotas) > 1:
        parts.append(
            _("重叠%(overlap)s个，去重合计%(distinct)s个", overlap=overlap, distinct=distinct)
        )
    return _("截至%(day)s，%(parts)s。", day=day_text(on), parts=_mark("；", "; ").join(parts))


def _standing_text(one: Countable) -> str:
    signed = _(
        "%(label)s已签约%(n)s个（目标%(target)s，应达%(due)s）",
        label=label_text(one.label),
        n=one.signed.count,
        target=one.target,
        due=one.due,
    )
    return _mark("，", ", ").join(
        [
            signed + _pending_text(one.signed),
            _("已注册%(n)s个", n=one.registered.count) + _pending_text(one.registered),
            _("已开工%(n)s个", n=one.started.count) + _pending_text(one.started),
        ]
    )


def _pending_text(tally: Counted) -> str:
    return _("，其中待补佐证%(n)s个", n=tally.pending) if tally.pending else ""
