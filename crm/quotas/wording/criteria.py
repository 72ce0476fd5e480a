"""Criteria as one sentence: lists, choices, clauses, and the types that are never counted."""

from collections.abc import Mapping
from enum import StrEnum
from types import UnionType

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.enterprises import wording as enterprises_wording
from crm.enterprises.rules import Ownership
from crm.leads import wording as leads_wording
from crm.leads.rules import ChainRole, Exclusion, HeadquartersType, Nature, Origin, PromotionMode
from crm.quotas.rules import (
    AllOf,
    AmountClause,
    AnyOf,
    Clause,
    EditionPolicy,
    FactClause,
    FactName,
    HeadquartersClause,
    Not,
    PhysicalClause,
    RankingClause,
)
from crm.quotas.wording.codes import word
from crm.quotas.wording.marks import listed, mark, share_text, yuan_text

LISTS: dict[str, LazyString] = {
    "fortune_global_500": _l("世界500强"),
    "china_500": _l("中国企业500强"),
    "china_private_500": _l("中国民营企业500强"),
    "china_services_500": _l("中国服务业企业500强"),
    "strategic_emerging_100": _l("中国战略性新兴产业领军企业100强"),
}


def list_text(code: str, names: Mapping[str, str] | None = None) -> str:
    """The name of a ranking list: a preset's word, else what `names` says, else its code."""
    return str(LISTS.get(code) or (names or {}).get(code, code))


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
            types = listed([choice_text(None, each) for each in clause.types])
            return _("总部项目（%(types)s）", types=types)
        case FactClause():
            return _(
                "%(name)s为%(choices)s",
                name=word(clause.fact),
                choices=listed([choice_text(clause.fact, each, words) for each in clause.of]),
            )


def exclusions_text(exclusions: frozenset[Exclusion]) -> str:
    """Which types bar a lead whatever it meets."""
    if not exclusions:
        return _("不设不计入类型")
    return listed([str(leads_wording.word(each)) for each in Exclusion if each in exclusions])


def _ranking_text(clause: RankingClause, names: Mapping[str, str]) -> str:
    lists = listed([list_text(code, names) for code in clause.lists])
    asked = []
    if clause.min_shareholding:
        asked.append(_("持股不低于%(share)s", share=share_text(clause.min_shareholding)))
    if clause.edition_policy is not EditionPolicy.LATEST_BY_SIGNING:
        asked.append(str(word(clause.edition_policy)))
    if clause.min_investment_yuan:
        asked.append(_("总投资不低于%(yuan)s", yuan=yuan_text(clause.min_investment_yuan)))
    if clause.first_entry:
        asked.append(_("集团首次进入本区"))
    if not asked:
        return _("列入%(lists)s", lists=lists)
    return _("列入%(lists)s（%(asked)s）", lists=lists, asked=mark("，", ", ").join(asked))


def _amount_text(clause: AmountClause) -> str:
    asked = []
    if clause.basis:
        basis = listed([str(leads_wording.word(each)) for each in clause.basis])
        asked.append(_("口径：%(basis)s", basis=basis))
    if clause.sources:
        sources = listed([str(leads_wording.word(each)) for each in clause.sources])
        asked.append(_("来源：%(sources)s", sources=sources))
    field, yuan = str(leads_wording.word(clause.field)), yuan_text(clause.at_least_yuan)
    if not asked:
        return _("%(field)s%(yuan)s以上（含）", field=field, yuan=yuan)
    return _(
        "%(field)s%(yuan)s以上（含，%(asked)s）",
        field=field,
        yuan=yuan,
        asked=mark("，", ", ").join(asked),
    )


def _bracketed(clause: Clause, kinds: UnionType | type, names: Mapping[str, str]) -> str:
    """The part, in brackets where it is a group that would read on into its neighbours."""
    text = criteria_text(clause, names)
    if not isinstance(clause, kinds) or (isinstance(clause, AnyOf | AllOf) and len(clause.of) == 1):
        return text
    return f"{mark('（', '(')}{text}{mark('）', ')')}"
