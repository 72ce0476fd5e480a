"""The word for every code of quotas, and what the trail tells of them."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.quotas.rules import (
    Among,
    ClauseKey,
    ClauseName,
    CodesOf,
    CountingEvent,
    CriteriaFault,
    Curve,
    EditionPolicy,
    FactName,
    FigureFault,
    Measure,
    Modality,
    Outcome,
    Pace,
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


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]
