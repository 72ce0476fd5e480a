"""What a company's page shows of the chains: where it stands, and an anchor firm's three lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g
from flask_babel import LazyString

from crm.chains.access import may_keep_firms
from crm.chains.queries.presence import firms_of, needs_of
from crm.chains.rules import NeedKind, PresenceRole
from crm.chains.rules.presence import is_stale
from crm.chains.wording import WORDS, stale_words
from crm.core import clock
from crm.coverage.queries.settings import settings_held
from crm.coverage.rules import Number


@dataclass(frozen=True, slots=True)
class OnChains:
    """`lists`: of each kind its code, its words and its entries."""

    firms: Sequence[Any]
    lists: Sequence[tuple[str, LazyString, Sequence[Any]]]
    is_anchor: bool
    may_keep: bool
    stale_after_days: int

    @property
    def has_entries(self) -> bool:
        return any(entries for _kind, _words, entries in self.lists)

    @property
    def stale_words(self) -> LazyString:
        return stale_words(self.stale_after_days)

    def stale(self, row: Any) -> bool:
        return row.ended_on is None and is_stale(
            row.checked_on, clock.today(), self.stale_after_days
        )


def on_chains(enterprise_id: int) -> OnChains:
    """Three statements."""
    firms, needs = firms_of(enterprise_id), needs_of(enterprise_id)
    return OnChains(
        firms,
        [
            (kind.value, words, [row for row in needs if row.kind is kind])
            for kind, words in WORDS[NeedKind].items()
            if isinstance(kind, NeedKind)
        ],
        any(row.role is PresenceRole.ANCHOR and row.ended_on is None for row in firms),
        may_keep_firms(g.actor),
        settings_held()[0][Number.STALE_AFTER_DAYS],
    )
