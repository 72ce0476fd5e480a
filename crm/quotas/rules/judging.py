"""Does a lead meet the criteria of a quota, and why. Facts in, a verdict with all reasons out.

The verdict judges criteria only; which number a lead enters is decided by events (standing.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from crm.leads.rules import (
    AgreementType,
    Figure,
    FigureStanding,
    MilestoneKind,
    Qualifier,
    Rate,
    Stage,
    judged_figure,
    valued,
)
from crm.quotas.rules.criteria import (
    AllOf,
    AmountClause,
    AnyOf,
    Clause,
    HeadquartersClause,
    PhysicalClause,
    RankingClause,
)
from crm.quotas.rules.facts import (
    Edition,
    JudgedLead,
    MilestoneDay,
    Outcome,
    RankingMembership,
    Reason,
    ReasonCode,
    Verdict,
)
from crm.quotas.rules.terms import QuotaTerms


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one clause says: met, not met, or None for evidence to come."""

    met: bool | None
    reasons: tuple[Reason, ...]
    miss: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    lead: JudgedLead
    signing: MilestoneDay | None
    on: date
    editions: frozenset[Edition]
    about_margin_percent: int
    branch: int


def signing_of(lead: JudgedLead, on: date) -> MilestoneDay | None:
    """The signing known by the day ``on``; a framework or intent agreement is none."""
    if lead.agreement_type in {AgreementType.FRAMEWORK, AgreementType.INTENT}:
        return None
    signed = [m for m in lead.milestones if m.kind is MilestoneKind.SIGNED and m.day <= on]
    return min(signed, key=lambda m: (m.day, m.is_pending, repr(m)), default=None)


def with_yuan(lead: JudgedLead, rates: Iterable[Rate], on: date) -> JudgedLead:
    """The lead with its foreign figures in yuan: at the signing day's rate once signed by ``on``,
    before at the latest rate known on that day and provisional."""
    signing, known = signing_of(lead, on), tuple(rates)
    signed_on = signing.day if signing else None
    figures = tuple(valued(f, known, signed_on=signed_on, today=on) for f in lead.figures)
    return lead if figures == lead.figures else replace(lead, figures=figures)


def judge(
    lead: JudgedLead, terms: QuotaTerms, on: date, editions: Iterable[Edition] = ()
) -> Verdict:
    """The verdict on a lead by the facts dated on or before ``on``.

    ``editions`` are all published editions of the lists the criteria name: membership in an older
    edition ends when a newer one appears without the company. Editions known only from the lead's
    own memberships are added by themselves.
    """
    signing, margin = signing_of(lead, on), terms.about_margin_percent
    known = frozenset(editions) | {
        Edition(m.list_code, m.edition_year, m.published_on)
        for m in lead.rankings
        if m.is_confirmed and m.published_on is not None
    }
    alternatives = terms.criteria.of if isinstance(terms.criteria, AnyOf) else (terms.criteria,)
    findings = [
        _find(clause, _Case(lead, signing, on, known, margin, branch))
        for branch, clause in enumerate(alternatives)
    ]
    barred = _bars(lead)
    reasons = (*barred, *(reason for finding in findings for reason in finding.reasons))
    if barred:
        return Verdict(lead.id, lead.title, Outcome.NO, reasons)
    for met, outcome in ((True, Outcome.COUNTS), (None, Outcome.PENDING)):
        for branch, finding in enumerate(findings):
            if finding.met is met:
                return Verdict(lead.id, lead.title, outcome, reasons, branch)
    return Verdict(lead.id, lead.title, Outcome.NO, reasons, miss=_smallest_miss(findings))


def _bars(lead: JudgedLead) -> tuple[Reason, ...]:
    """What keeps a lead out whatever its size."""
    bars = []
    if lead.stage is Stage.LOST:
        bars.append(Reason(ReasonCode.LOST, passed=False))
    if lead.stage is Stage.TRANSFERRED:
        bars.append(Reason(ReasonCode.TRANSFERRED, passed=False))
    if lead.exclusion is not None:
        bars.append(Reason(ReasonCode.EXCLUDED, passed=False, exclusion=lead.exclusion))
    if lead.contract_lead_id is not None and lead.contract_lead_id != lead.id:
        bars.append(
            Reason(ReasonCode.PHASE_OF_CONTRACT, passed=False, refers_to=lead.contract_lead_id)
        )
    return tuple(bars)


def _find(clause: Clause, case: _Case) -> _Finding:
    match clause:
        case AnyOf():
            return _any([_find(part, case) for part in clause.of])
        case AllOf():
            return _all([_find(part, case) for part in clause.of])
        case RankingClause():
            return _ranking(clause, case)
        case AmountClause():
            return _amount(clause, case)
        case PhysicalClause():
            return _physical(case.lead.is_physical, case.branch)
        case HeadquartersClause():
            return _headquarters(case.lead.is_headquarters, case.branch)


def _any(findings: list[_Finding]) -> _Finding:
    """One met alternative is enough; alternatives it outdoes are not told."""
    best: bool | None = False
    if any(finding.met for finding in findings):
        best = True
    elif any(finding.met is None for finding in findings):
        best = None
    told = [finding for finding in findings if finding.met is best]
    return _Finding(
        best,
        tuple(reason for finding in told for reason in finding.reasons),
        _smallest_miss(findings) if best is False else None,
    )


def _all(findings: list[_Finding]) -> _Finding:
    failed = [finding for finding in findings if finding.met is False]
    reasons = tuple(reason for finding in findings for reason in finding.reasons)
    if not failed:
        met = None if any(finding.met is None for finding in findings) else True
        return _Finding(met, reasons)
    misses = [finding.miss for finding in failed if finding.miss is not None]
    only_amounts = len(misses) == len(failed)
    return _Finding(False, reasons, max(misses, key=_lack) if only_amounts else None)


def _smallest_miss(findings: Iterable[_Finding]) -> Reason | None:
    misses = [finding.miss for finding in findings if finding.miss is not None]
    return min(misses, key=_lack, default=None)


def _lack(reason: Reason) -> int:
    return reason.lacks_yuan or 0


def _ranking(clause: RankingClause, case: _Case) -> _Finding:
    """Met by a confirmed, dated membership; the bureau's own word is not even evidence to come."""
    told = [
        reason
        for list_code in clause.lists
        if (reason := _on_list(list_code, clause.min_shareholding, case)) is not None
    ]
    passed = tuple(reason for reason in told if reason.passed)
    if passed:
        return _Finding(True, passed)
    never_near = Reason(ReasonCode.RANKING_NONE, passed=False, branch=case.branch)
    return _Finding(False, tuple(told) or (never_near,))


def _on_list(list_code: str, least: Decimal, case: _Case) -> Reason | None:
    """How the lead stands on one list as of its signing; None if it was never near it."""
    named = [m for m in case.lead.rankings if m.list_code == list_code]
    if not named:
        return None
    day = case.signing.day if case.signing else case.on
    dated = [m for m in named if m.is_confirmed and m.published_on is not None]
    if not dated:
        code, member = ReasonCode.RANKING_UNCONFIRMED, max(named, key=_recency)
    elif not (published := [m for m in dated if _recency(m)[0] <= day]):
        code, member = ReasonCode.RANKING_NOT_YET_PUBLISHED, min(dated, key=_recency)
    else:
        member = max(published, key=_recency)
        code = _weighed(member, least, case, day)
    return Reason(
        code,
        passed=code is ReasonCode.RANKED,
        branch=case.branch,
        on=member.published_on,
        document=member.document,
        list_code=list_code,
        edition_year=member.edition_year,
        company=member.company,
        shareholding=member.shareholding,
        min_shareholding=least,
    )


def _weighed(member: RankingMembership, least: Decimal, case: _Case, day: date) -> ReasonCode:
    in_force = max(
        (e.published_on, e.year)
        for e in case.editions
        if e.list_code == member.list_code and e.published_on <= day
    )
    if (member.published_on, member.edition_year) != in_force:
        return ReasonCode.RANKING_OUTDATED
    if member.shareholding is None:
        return ReasonCode.SHAREHOLDING_UNKNOWN
    return ReasonCode.RANKED if member.shareholding >= least else ReasonCode.SHAREHOLDING_LOW


def _recency(member: RankingMembership) -> tuple[date, int, Decimal, str]:
    """Newest edition last; of several ways into the same edition the largest share last."""
    share = Decimal(-1) if member.shareholding is None else member.shareholding
    return member.published_on or date.min, member.edition_year, share, repr(member)


def _amount(clause: AmountClause, case: _Case) -> _Finding:
    figures = [f for f in case.lead.figures if f.kind is clause.field and f.on <= case.on]
    accepted = [f for f in figures if not clause.basis or f.basis in {None, *clause.basis}]
    judged = judged_figure(
        accepted or figures, clause.field, signed=case.signing is not None, on=case.on
    )
    if judged is None:
        missing = Reason(
            ReasonCode.AMOUNT_MISSING,
            passed=False,
            branch=case.branch,
            field=clause.field,
            threshold=clause.at_least_yuan,
        )
        return _Finding(False, (missing,))
    figure = judged.figure

    def told(code: ReasonCode, passed: bool | None, lacks_yuan: int | None = None) -> Reason:
        return Reason(
            code,
            passed,
            branch=case.branch,
            field=clause.field,
            value=figure.yuan,
            threshold=clause.at_least_yuan,
            lacks_yuan=lacks_yuan,
            qualifier=figure.qualifier,
            source=figure.source,
            on=figure.on,
            document=figure.document,
        )

    if not accepted:
        return _Finding(False, (told(ReasonCode.BASIS_NOT_ACCEPTED, False),))
    if figure.yuan is None:
        return _Finding(None, (told(ReasonCode.AMOUNT_WITHOUT_RATE, None),))
    at_about = _is_about_at(figure, figure.yuan, clause, case)
    lacks = clause.at_least_yuan - figure.yuan
    if lacks > 0 and not at_about:
        below = told(ReasonCode.AMOUNT_BELOW, False, lacks)
        return _Finding(False, (below,), below)
    doubts = {
        ReasonCode.AMOUNT_EXPECTED: judged.standing is FigureStanding.EXPECTED,
        ReasonCode.AMOUNT_STATED: judged.standing is FigureStanding.STATED,
        ReasonCode.AMOUNT_ABOUT: at_about,
        ReasonCode.AMOUNT_PROVISIONAL: figure.is_provisional,
        ReasonCode.BASIS_MISSING: bool(clause.basis) and figure.basis is None,
    }
    pending = tuple(told(code, None) for code, doubted in doubts.items() if doubted)
    if pending:
        return _Finding(None, pending)
    return _Finding(True, (told(ReasonCode.AMOUNT_REACHED, True),))


def _is_about_at(figure: Figure, yuan: int, clause: AmountClause, case: _Case) -> bool:
    """Whether 约 leaves open on which side of the threshold the amount lies."""
    if figure.qualifier is not Qualifier.ABOUT:
        return False
    away = abs(yuan - clause.at_least_yuan)
    return away * 100 <= clause.at_least_yuan * case.about_margin_percent


@lru_cache(maxsize=64)
def _physical(is_physical: bool | None, branch: int) -> _Finding:
    code = {
        True: ReasonCode.PHYSICAL,
        False: ReasonCode.NOT_PHYSICAL,
        None: ReasonCode.PHYSICAL_UNSET,
    }[is_physical]
    return _Finding(is_physical, (Reason(code, is_physical, branch),))


@lru_cache(maxsize=64)
def _headquarters(is_headquarters: bool | None, branch: int) -> _Finding:
    """Unset is not met: a title with 总部 in it is a hint, and hints never count."""
    code = {
        True: ReasonCode.HEADQUARTERS,
        False: ReasonCode.NOT_HEADQUARTERS,
        None: ReasonCode.HEADQUARTERS_UNCONFIRMED,
    }[is_headquarters]
    met = is_headquarters is True
    return _Finding(met, (Reason(code, met, branch),))
