"""Figures of indicators with their units: targets, pace, shares and growth, names of the year's report."""

from decimal import Decimal

from flask_babel import LazyString, lazy_pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.language import is_chinese
from crm.core.money import format_money
from crm.quotas.rules import Divided, Modality, Pace, Progress
from crm.quotas.wording.codes import word
from crm.quotas.wording.marks import mark

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


def label_text(label: str) -> str:
    """A quota's label in the reader's language, as entered where it has no translation."""
    return str(LABELS.get(label, label))


def target_text(modality: Modality, target: int, unit: str) -> str:
    """A target as the year's plan words it: 不少于80家, 突破240亿元, 预期7000万美元."""
    return f"{word(modality)}{mark('', ' ')}{figure_text(target, unit)}"


def figure_text(value: int | Decimal, unit: str) -> str:
    """A figure with every digit it has and its unit: 210.3亿元, 241.35万平方米, 2886.5亩."""
    if unit in {"元", "美元"}:  # 原文
        locale = "zh" if is_chinese() else "en"
        return format_money(int(value), "CNY" if unit == "元" else "USD", locale)  # 原文
    number = Decimal(value)
    if is_chinese() and abs(number) >= WAN:
        told = f"{_plain(number / WAN)}万"  # 原文
    else:
        told = _plain(number)
    return f"{told}{mark('', ' ')}{unit_text(number, unit)}"


WAN = 10_000


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


def _plain(number: Decimal) -> str:
    """Without trailing zeros; thousands apart, as in 1,234.5."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


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
