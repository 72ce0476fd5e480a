"""A stored verdict in the reader's words: one sentence, and every reason once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _

from crm.quotas.rules import Outcome, Reason, read_reason
from crm.quotas.wording import label_text, reason_text


@dataclass(frozen=True, slots=True)
class ToldReason:
    passed: bool | None
    text: str
    is_alternative: bool = False  # another way that is not needed: the lead counts already


@dataclass(frozen=True, slots=True)
class Told:
    """What the macro `verdict` shows; `lacks` are the neutral words of what is still missing."""

    outcome: str
    subject: str
    sentence: str
    reasons: tuple[ToldReason, ...]
    lacks: str
    href: str | None = None


def told(row: Any, href: str | None = None) -> Told:
    """The words for a row with label, label_en, verdict, branch and reasons."""
    reasons = [read_reason(data) for data in row.reasons]
    lacks = lacks_of(row.verdict, row.branch, reasons)
    return Told(
        outcome=row.verdict.value,
        subject=subject(row.label, row.label_en),
        sentence=_sentence(row.verdict, row.branch, reasons, lacks),
        reasons=tuple(_each_once(row.verdict, reasons)),
        lacks=lacks,
        href=href,
    )


def subject(label: str, label_en: str | None) -> str:
    """A quota's name as people say it: 大项目, Major projects."""
    return (
        label_en if label_en and str(get_locale() or "zh").startswith("en") else label_text(label)
    )


def lacks_of(outcome: Outcome, branch: int | None, reasons: Sequence[Reason]) -> str:
    """What is missing, in neutral words; empty where nothing is."""
    if outcome is Outcome.COUNTS:
        return ""
    if outcome is Outcome.PENDING:
        return _joined(r for r in reasons if r.branch == branch and r.passed is None)
    barred = [r for r in reasons if r.branch is None]
    if barred:
        return _joined(barred)
    short = [r for r in reasons if r.lacks_yuan is not None]
    return _joined([min(short, key=lambda r: r.lacks_yuan or 0)] if short else [])


def _sentence(outcome: Outcome, branch: int | None, reasons: Sequence[Reason], lacks: str) -> str:
    if outcome is Outcome.COUNTS:
        return _joined(r for r in reasons if r.branch == branch and r.passed)
    return lacks or _("没有满足任何一项条件")


def _joined(reasons: Iterable[Reason]) -> str:
    texts = list(dict.fromkeys(reason_text(reason) for reason in reasons))
    mark = "; " if str(get_locale() or "zh").startswith("en") else "；"
    return mark.join(texts)


def _each_once(outcome: Outcome, reasons: Iterable[Reason]) -> Iterator[ToldReason]:
    """What decided comes first; what several alternatives find alike is told once."""
    order = (True, None, False) if outcome is Outcome.COUNTS else (False, None, True)
    if outcome is Outcome.PENDING:
        order = (None, True, False)
    counts = outcome is Outcome.COUNTS
    texts = dict.fromkeys(
        (reason.passed, reason_text(reason, is_alternative=counts)) for reason in reasons
    )
    for passed, text in sorted(texts, key=lambda each: order.index(each[0])):
        yield ToldReason(passed, text, is_alternative=counts and not passed)
