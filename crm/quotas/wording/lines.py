"""The line to read out or paste: every quota's numbers, the overlap and the distinct total."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from flask_babel import gettext as _

from crm.quotas.wording.figures import label_text
from crm.quotas.wording.marks import day_text, mark


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
    return _("截至%(day)s，%(parts)s。", day=day_text(on), parts=mark("；", "; ").join(parts))


def _standing_text(one: Countable) -> str:
    signed = _(
        "%(label)s已签约%(n)s个（目标%(target)s，应达%(due)s）",
        label=label_text(one.label),
        n=one.signed.count,
        target=one.target,
        due=one.due,
    )
    return mark("，", ", ").join(
        [
            signed + _pending_text(one.signed),
            _("已注册%(n)s个", n=one.registered.count) + _pending_text(one.registered),
            _("已开工%(n)s个", n=one.started.count) + _pending_text(one.started),
        ]
    )


def _pending_text(tally: Counted) -> str:
    return _("，其中待补佐证%(n)s个", n=tally.pending) if tally.pending else ""
