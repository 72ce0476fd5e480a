"""A bridge in words: lines for the page, text to paste."""

from itertools import groupby

from flask_babel import gettext as _

from crm.closing.queries.bridges import YearBridge
from crm.closing.rules import Crossing, Number
from crm.closing.wording import MISSING, change_text, same_text, why_text, word
from crm.core import clock
from crm.core.web import mark
from crm.quotas.telling import subject


def bridge_text(found: YearBridge, first: str, last: str, counted: str | None = None) -> str:
    """The bridge of a year as text to paste: every quota and number that changed, with its names.

    `counted` is the word for what is counted where the two ends are not the same number.
    """

    def name_of(number: Number) -> str:
        return counted or str(word(number))

    lines = [_("数字对账：%(start)s与%(end)s", start=first, end=last)]
    for _code, some in groupby(found.quotas, key=lambda each: each.code):
        numbers = list(some)
        label = subject(numbers[0].label, numbers[0].label_en)
        for each in numbers:
            one = each.bridge
            if not one.entered and not one.left:
                continue
            lines.append(change_text(label, name_of(each.number), one))
            for sign, crossings in (("+", one.entered), ("−", one.left)):
                lines += [f"  {sign} {line_text(found, each.number, two)}" for two in crossings]
        still = [each for each in numbers if not each.bridge.entered and not each.bridge.left]
        if still:
            lines.append(
                same_text(label, [(name_of(each.number), each.bridge.end) for each in still])
            )
    return "\n".join(lines)


def line_text(found: YearBridge, number: Number, one: Crossing) -> str:
    """“料箱机器人生产项目：签约日由2026-11-12改为2026-12-02（刘洋，2026-11-20）”."""
    text = f"{title_text(found, one)}{mark('：', ': ')}{why_text(one.why, number)}"
    change = found.change_behind(one)
    if change is None:
        return text
    said = f"{change.by}{mark('，', ', ')}{clock.office_day(change.at).isoformat()}"
    return text + (f" ({said})" if mark("", "en") else f"（{said}）")


def title_text(found: YearBridge, one: Crossing) -> str:
    """The name of a lead, or that it may not be shown."""
    return found.titles.get(one.lead_id) or str(MISSING)
