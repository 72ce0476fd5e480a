"""The golden table: one row of facts, the verdict of each quota it names, and the reasons."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm.core.money import parse_amount
from crm.enterprises.rules import Ownership
from crm.leads.rules import (
    AgreementType,
    Basis,
    ChainRole,
    Exclusion,
    Figure,
    FigureKind,
    FigureSource,
    HeadquartersType,
    MilestoneKind,
    Nature,
    Origin,
    PromotionMode,
    Rate,
    Stage,
)
from crm.quotas.rules import (
    Edition,
    JudgedLead,
    MilestoneDay,
    Outcome,
    RankingMembership,
    judge,
    parse_criteria,
    parse_exclusions,
    with_yuan,
)
from tests.rules.quota_cases import SIGNED_ON, TODAY, A, B

TABLE = yaml.safe_load((Path(__file__).parent / "quota_golden.yaml").read_text(encoding="utf-8"))
QUOTAS = {
    "A": A,
    "B": B,
    **{
        code: replace(
            A, code=code, criteria=parse_criteria(data), exclusions=parse_exclusions(data)
        )
        for code, data in TABLE["quotas"].items()
    },
}
OUTCOMES = {"可计入": Outcome.COUNTS, "待补佐证": Outcome.PENDING, "不计入": Outcome.NO}
SOURCES = {
    "洽谈": FigureSource.TALK,
    "协议": FigureSource.AGREEMENT,
    "备案": FigureSource.FILING,
    "入统": FigureSource.STATISTICS,
}
KINDS = {"固投": FigureKind.FIXED_ASSETS, "总部营收": FigureKind.HEADQUARTERS_REVENUE}
BASES = {"承诺": Basis.COMMITTED, "实际": Basis.ACTUAL, "并表": Basis.CONSOLIDATED}
FACTS = {
    "nature": ("nature", Nature),
    "origin": ("origin", Origin),
    "mode": ("promotion_mode", PromotionMode),
    "ownership": ("ownership", Ownership),
    "excluded": ("exclusion", Exclusion),
    "stage": ("stage", Stage),
    "chain": ("chain", str),
    "role": ("chain_role", ChainRole),
    "zone": ("zone", str),
    "physical": ("is_physical", bool),
    "phase_of": ("contract_lead_id", int),
}


def day_in(text: str, otherwise: date) -> date:
    found = re.search(r"@(\d{4}-\d{2}-\d{2})", text)
    return date.fromisoformat(found.group(1)) if found else otherwise


def figure(text: str, number: int, signed_on: date) -> Figure:
    words = text.split()
    source = SOURCES[words[0]]
    kind = next((KINDS[word] for word in words if word in KINDS), FigureKind.TOTAL_INVESTMENT)
    basis = next((BASES[word] for word in words if word in BASES), None)
    known = {*SOURCES, *KINDS, *BASES, "无材料"}
    (typed,) = [word for word in words if word not in known and not word.startswith("@")]
    money = parse_amount(typed, bare_unit=None)
    has_paper = source is not FigureSource.TALK and "无材料" not in words
    return Figure(
        kind=kind,
        source=source,
        on=day_in(text, date(2026, 3, 1) if source is FigureSource.TALK else signed_on),
        amount=money.value,
        currency=money.currency,
        qualifier=money.qualifier,
        upper=money.upper,
        basis=basis,
        document="材料.pdf" if has_paper else None,
        id=number,
    )


def membership(text: str) -> RankingMembership:
    code, year, _day, share, *marks = text.split()
    earlier = next((mark for mark in marks if mark.startswith("先签")), "")
    return RankingMembership(
        list_code=code,
        edition_year=int(year),
        published_on=day_in(_day, TODAY),
        shareholding=None if share == "不详" else Decimal(share.rstrip("%")) / 100,
        is_confirmed="未确认" not in marks,
        company="上榜集团",
        earlier_lead_id=99 if earlier else None,
        earlier_signed_on=day_in(earlier, TODAY) if earlier else None,
    )


def lead_of(row: dict[str, Any]) -> JudgedLead:
    signed = row.get("signed", SIGNED_ON)
    agreement, milestones = AgreementType.FORMAL, ()
    if signed in {"框架", "意向"}:
        agreement = AgreementType.FRAMEWORK if signed == "框架" else AgreementType.INTENT
        signed = SIGNED_ON
    if signed == "不详":
        milestones = (MilestoneDay(MilestoneKind.SIGNED, None, date(2026, 10, 20)),)
        signed = date(2026, 10, 20)
    elif signed != "未签":
        milestones = (MilestoneDay(MilestoneKind.SIGNED, signed, signed, has_papers=True),)
    else:
        agreement, signed = None, SIGNED_ON
    hq = row.get("hq")
    lead = JudgedLead(
        id=1,
        title=row["case"],
        agreement_type=agreement,
        milestones=milestones,
        figures=tuple(
            figure(text, number, signed) for number, text in enumerate(row.get("amounts", ()), 1)
        ),
        rankings=tuple(membership(text) for text in row.get("ranks", ())),
        is_headquarters=bool(hq) if hq is not None else None,
        headquarters_type=HeadquartersType(hq) if isinstance(hq, str) else None,
        **{
            "stage": Stage.SIGNED,
            **{FACTS[key][0]: FACTS[key][1](value) for key, value in row.items() if key in FACTS},
        },
    )
    rates = [
        Rate(text.split()[0], day_in(text, TODAY), Decimal(text.split()[1]))
        for text in row.get("rates", ())
    ]
    return with_yuan(lead, rates, row.get("as_of", TODAY))


WORDS = {"case", "signed", "amounts", "ranks", "editions", "rates", "as_of", "lacks", "hq", *FACTS}


@pytest.mark.parametrize("row", TABLE["rows"], ids=lambda row: row["case"])
def test_the_golden_table(row):
    asked = {key: text for key, text in row.items() if key in QUOTAS}
    assert asked, "a row asks at least one quota"
    assert set(row) <= WORDS | set(QUOTAS)
    editions = [
        Edition(text.split()[0], int(text.split()[1]), day_in(text, TODAY))
        for text in row.get("editions", ())
    ]
    for code, text in asked.items():
        outcome, *codes = text.split()
        verdict = judge(lead_of(row), QUOTAS[code], row.get("as_of", TODAY), editions)
        assert (code, verdict.outcome) == (code, OUTCOMES[outcome]), verdict
        assert set(codes) <= {reason.code.value for reason in verdict.reasons}, verdict
        if "lacks" in row:
            assert verdict.lacks == row["lacks"]


def test_the_golden_table_is_as_long_as_promised():
    assert len(TABLE["rows"]) >= 60
    assert len({row["case"] for row in TABLE["rows"]}) == len(TABLE["rows"])


def test_two_projects_of_one_group_each_count():
    first = lead_of({"case": "one", "ranks": ["china_500 2026 @2026-09-15 100%"]})
    both = [judge(each, A, TODAY).outcome for each in (first, replace(first, id=2))]
    assert both == [Outcome.COUNTS, Outcome.COUNTS]
