"""What a question is and what it reads: a lead on a day, and the answers there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any, Protocol

from crm.leads.rules import (
    AgreementType,
    Basis,
    Figure,
    FigureKind,
    FigureSource,
    JudgedFigure,
    MilestoneKind,
)
from crm.quotas.rules.facts import JudgedLead, MilestoneDay, Reason, ReasonCode

C = ReasonCode


class Said:
    """An answer: whether the clause is met, whether it is surely not, and why.

    ``met`` and ``unmet`` are True, False or None for evidence to come. They are no opposites: a
    headquarters nobody confirmed is not met, but neither is it proved to be none, so criteria that
    ask for “no headquarters” do not count it either. Answers alike are one object.
    """

    __slots__ = ("codes", "met", "unmet")

    def __init__(self, codes: tuple[ReasonCode, ...], met: bool | None, unmet: bool | None) -> None:
        self.codes, self.met, self.unmet = codes, met, unmet

    def holds(self, *, wanted: bool) -> bool | None:
        return self.met if wanted else self.unmet


@cache
def said(met: bool | None, unmet: bool | None, *codes: ReasonCode) -> Said:
    return Said(codes, met, unmet)


def signing_of(lead: JudgedLead, on: date) -> MilestoneDay | None:
    """The signing known by the day ``on``; a framework or intent agreement is none."""
    if not lead.milestones or lead.agreement_type in _NO_SIGNING:
        return None
    signed = [m for m in lead.milestones if m.kind is MilestoneKind.SIGNED and m.day <= on]
    if len(signed) > 1:
        return min(signed, key=lambda m: (m.day, m.is_pending, repr(m)))
    return signed[0] if signed else None


_NO_SIGNING = (AgreementType.FRAMEWORK, AgreementType.INTENT)


class Read:
    """A lead as the questions read it on a day."""

    __slots__ = ("figures", "lead", "on", "signing", "weighed")

    def __init__(self, lead: JudgedLead, on: date) -> None:
        self.lead, self.on = lead, on
        self.signing = signing_of(lead, on) if lead.milestones else None
        figures: Sequence[Figure] = lead.figures
        for figure in figures:
            if figure.on > on:
                figures = [each for each in figures if each.on <= on]
                break
        self.figures = figures
        self.weighed: dict[FigureChoice, Weighed] | None = None


class Question(Protocol):
    """A clause as it is asked. `say` decides; `tell` gives the values of each code it said."""

    def say(self, read: Read) -> Said: ...

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True, eq=False)
class FigureChoice:
    """Which figure of a lead is meant, whatever threshold it is held against.

    Questions that mean the same figure share one object, so that it is looked for once.
    """

    field: FigureKind
    basis: tuple[Basis, ...]
    sources: tuple[FigureSource, ...]


class Weighed:
    """The figure that judges, and every doubt about it that no threshold changes.

    ``flaw`` is the answer where there is nothing to compare; ``actual_after`` the smallest actual
    revenue (whole yuan) of a later year than the committed revenue that judges.
    """

    __slots__ = ("actual_after", "doubts", "flaw", "is_about", "judged", "yuan")

    def __init__(self, judged: JudgedFigure | None, flaw: Said | None, yuan: int = 0) -> None:
        self.judged, self.flaw, self.yuan = judged, flaw, yuan
        self.doubts = 0
        self.is_about = False
        self.actual_after: int | None = None


@lru_cache(maxsize=4096)
def plain_reason(
    code: ReasonCode, passed: bool | None, branch: int, is_negated: bool, is_outdone: bool
) -> Reason:
    """A reason without values; thousands of leads share a few of them."""
    return Reason(code, passed, branch, is_negated=is_negated, is_outdone=is_outdone)
