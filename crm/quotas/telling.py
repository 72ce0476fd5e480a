"""A stored verdict in the reader's words: one sentence, and every reason once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g
from flask_babel import gettext as _

from crm.core.language import is_chinese, language
from crm.quotas import wording
from crm.quotas.queries import code_names
from crm.quotas.rules import Clause, Outcome, Reason, ReasonCode, read_reason
from crm.quotas.wording import label_text


class CodeWords(Mapping[str, str]):
    """The words for codes of tables, read when the first of them is asked for."""

    def __init__(self, *, english: bool) -> None:
        self._english = english
        self._found: dict[str, str] | None = None

    def _names(self) -> dict[str, str]:
        if self._found is None:
            self._found = code_names(english=self._english)
        return self._found

    def __getitem__(self, code: str) -> str:
        return self._names()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __bool__(self) -> bool:
        """Without reading them: there are always words."""
        return True


def code_words() -> CodeWords:
    """The same for all that is told in one request."""
    english = not is_chinese()
    kept: dict[bool, CodeWords] = g.setdefault("code_words", {})
    return kept.setdefault(english, CodeWords(english=english))


def criteria_text(clause: Clause) -> str:
    """The criteria as one sentence, chains and lists by their names."""
    return wording.criteria_text(clause, code_words())


def reason_text(reason: Reason, *, is_alternative: bool = False) -> str:
    """One finding as a sentence, chains and lists by their names.

    Within one request the same finding of thousands of leads is put into words once.
    """
    names = code_words()
    known: dict[Any, str] = g.setdefault("reason_texts", {})
    key = (reason, is_alternative, language())
    if (text := known.get(key)) is None:
        text = wording.reason_text(reason, is_alternative=is_alternative, names=names)
        known[key] = text
    return text


@dataclass(frozen=True, slots=True)
class ToldReason:
    passed: bool | None
    text: str
    is_alternative: bool = False  # another way that is not needed: a better one decides
    value: str = ""  # where it was read: the day of the fact and its paper


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
        sentence=sentence_of(row.verdict, row.branch, reasons, lacks),
        reasons=tuple(_each_once(row.verdict, row.branch, reasons)),
        lacks=lacks,
        href=href,
    )


def subject(label: str, label_en: str | None) -> str:
    """A quota's name as people say it: 大项目, Major projects."""
    return label_en if label_en and not is_chinese() else label_text(label)


def lacks_of(outcome: Outcome, branch: int | None, reasons: Sequence[Reason]) -> str:
    """What is missing, in neutral words; empty where nothing is."""
    if outcome is Outcome.COUNTS:
        return ""
    if outcome is Outcome.PENDING:
        missing = (r for r in reasons if _decides(r, branch) and r.passed is None)
        return _joined(missing)
    barred = [r for r in reasons if r.branch is None]
    if barred:
        return _joined(barred)
    short = [r for r in reasons if r.code is ReasonCode.AMOUNT_BELOW and not r.is_negated]
    return _joined([min(short, key=lambda r: r.lacks_yuan or 0)] if short else [])


def _decides(reason: Reason, branch: int | None) -> bool:
    """Whether it belongs to what decided, not to an alternative that is not needed."""
    return reason.branch == branch and not reason.is_outdone


def sentence_of(
    outcome: Outcome,
    branch: int | None,
    reasons: Sequence[Reason],
    lacks: str,
) -> str:
    """What decided, in one sentence; `lacks` are the words of what is missing."""
    if outcome is Outcome.COUNTS:
        return _joined(r for r in reasons if _decides(r, branch) and r.passed)
    return lacks or _("没有满足任何一项条件")


def _joined(reasons: Iterable[Reason]) -> str:
    texts = list(dict.fromkeys(reason_text(reason) for reason in reasons))
    mark = "；" if is_chinese() else "; "
    return mark.join(texts)


def _each_once(
    outcome: Outcome,
    branch: int | None,
    reasons: Iterable[Reason],
) -> Iterator[ToldReason]:
    """What decided comes first; what several alternatives find alike is told once."""
    counts = outcome is Outcome.COUNTS
    order: tuple[bool | None, ...] = (True, None, False) if counts else (False, None, True)
    if outcome is Outcome.PENDING:
        order = (None, True, False)
    found: dict[tuple[bool | None, str], ToldReason] = {}
    for reason in reasons:
        # Of a lead that counts, every other way is one it does not need.
        is_alternative = not reason.passed and (
            reason.is_outdone or (counts and reason.branch != branch)
        )
        text = reason_text(reason, is_alternative=is_alternative)
        told_reason = ToldReason(reason.passed, text, is_alternative, _read_where(reason))
        found.setdefault((reason.passed, text), told_reason)
    yield from sorted(found.values(), key=lambda each: order.index(each.passed))


def _read_where(reason: Reason) -> str:
    """The day a fact is dated and the paper that says so; empty where it is neither."""
    if reason.branch is None or reason.code is ReasonCode.NOT_FIRST_ENTRY:
        return ""
    parts = [reason.on.isoformat() if reason.on else "", reason.document or ""]
    return " · ".join(part for part in parts if part)
