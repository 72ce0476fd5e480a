"""The sample ledger, row by row: what each quota says of it, worked out by hand.

Nothing in a ledger proves anything: what reaches a threshold waits for its papers (待补佐证), what
does not is 不计入. The numbers in the first column are the rows of the file.
"""

import json
from datetime import date
from decimal import Decimal

import pytest
from flask import has_app_context

from crm.accounts.queries import system_actor
from crm.core.db import db, transaction
from crm.imports.services.importing import import_ledger
from crm.leads.models import ExchangeRate, Figure, Lead
from crm.quotas.models import Quota, Verdict
from crm.quotas.rules import Outcome, Reason, read_reason
from crm.quotas.services import differences, rejudge
from tests.features.ledgers.cases import AT, FIXTURES, LEDGER, TODAY

EXPECTED = json.loads((FIXTURES / "ledger_2026.expected.json").read_text(encoding="utf-8"))["rows"]
YI = 100_000_000
RATES = [
    ("USD", date(2026, 6, 30), "7.0500"),
    ("USD", date(2026, 11, 20), "7.0900"),
    ("HKD", date(2026, 6, 30), "0.9060"),
    ("HKD", date(2026, 11, 5), "0.9130"),
    ("HKD", date(2026, 11, 20), "0.9140"),
]
PENDING, NO = Outcome.PENDING, Outcome.NO

# On 大项目 only the amount speaks; on 实体总部 nobody has said yet whether a project is physical.
ROWS = [
    (4, NO, "amount_below", PENDING, "amount_expected"),  # 6.5亿 in talks
    (5, PENDING, "amount_stated", PENDING, "amount_stated"),  # 52亿 signed, no agreement filed
    (6, NO, "amount_below", PENDING, "amount_expected"),  # 5.2亿, 二期 is a hint only
    (7, NO, "amount_below", NO, "amount_below"),  # 3000万美元, 世界500强 is the bureau's word
    (8, NO, "amount_below", PENDING, "amount_expected"),  # 约6亿, above 5亿
    (9, PENDING, "amount_expected", PENDING, "amount_expected"),  # 50-60亿, by its lower end
    (10, NO, "amount_below", PENDING, "amount_stated"),  # 5.2亿
    (11, NO, "amount_below", NO, "amount_below"),  # 1200.5万, 央企 and 总部 are words
    (12, PENDING, "amount_stated", PENDING, "amount_stated"),  # 五十亿, 中国500强 is a word
    (13, NO, "amount_below", PENDING, "amount_stated"),  # 49.99亿
    (14, PENDING, "amount_stated", PENDING, "amount_stated"),  # 50亿
    (15, NO, "amount_below", PENDING, "amount_stated"),  # 不低于5亿
    (17, NO, "amount_missing", NO, "amount_missing"),  # 面议
    (18, NO, "amount_below", NO, "amount_below"),  # 2.4亿
    (19, NO, "amount_below", NO, "amount_below"),  # 2亿港元
    (20, NO, "amount_below", NO, "amount_below"),  # 3.7亿
    (23, NO, "lost", NO, "lost"),
    (24, None, "", None, ""),  # signed in 2025: of that year's quotas
    (25, NO, "amount_below", PENDING, "amount_stated"),  # 8亿
]


@pytest.fixture
def ledger(app, tmp_path, db_session):
    if has_app_context():
        db.session.rollback()
    with transaction() as session:
        for currency, day, rate in RATES:
            session.add(ExchangeRate(currency=currency, quoted_on=day, cny_per_unit=Decimal(rate)))
        import_ledger(
            system_actor(), LEDGER.read_bytes(), "ledger_2026.xlsx", at=AT, today=TODAY,
            folder=tmp_path,
        )  # fmt: skip
    return {row["excel_row"]: row["title"] for row in EXPECTED if row["saved"]}


def verdict(title: str, code: str, year: int = 2026) -> Verdict | None:
    return db.session.scalars(
        db.select(Verdict)
        .join(Quota, Quota.id == Verdict.quota_id)
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(Lead.title == title, Quota.code == code, Quota.year == year)
    ).one_or_none()


def reasons(title: str, code: str) -> list[Reason]:
    found = verdict(title, code)
    return [read_reason(data) for data in found.reasons] if found else []


def amount(title: str, code: str = "A") -> Reason:
    """What the clause on the total investment found."""
    return next(each for each in reasons(title, code) if each.code.startswith("amount_"))


def test_every_row_has_the_expected_verdict_on_both_quotas(ledger):
    assert set(ledger) == {row[0] for row in ROWS}
    for number, *expected in ROWS:
        title = ledger[number]
        for code, outcome, because in (("A", *expected[:2]), ("B", *expected[2:])):
            found = verdict(title, code)
            assert (number, code, found and found.verdict) == (number, code, outcome)
            if found is not None:
                codes = {each.code.value for each in reasons(title, code)}
                assert because in codes, (number, code, codes)
                assert len(codes - {because}) >= 1, "every clause tells its reason"
    assert list(differences(today=TODAY)) == []


def test_a_signing_of_last_year_is_judged_by_that_year(ledger):
    title = ledger[24]
    assert verdict(title, "B", 2025).verdict is PENDING
    assert verdict(title, "A", 2025).verdict is NO


def test_49_99_and_50_differ_by_one_fact(ledger):
    below, at = ledger[13], ledger[14]
    assert (amount(below).value, amount(at).value) == (4_999_000_000, 50 * YI)
    assert amount(below).lacks_yuan == 1_000_000
    assert verdict(below, "A").is_near_miss
    with transaction():
        lead = db.session.scalars(db.select(Lead).where(Lead.title == below)).one()
        figure = db.session.scalars(
            db.select(Figure).where(Figure.lead_id == lead.id, Figure.kind == "total_investment")
        ).one()
        figure.amount = 50 * YI
        rejudge([lead.id], today=TODAY, at=AT)
    changed, other = verdict(below, "A"), verdict(at, "A")
    assert changed.verdict is other.verdict is PENDING
    assert [each.code for each in reasons(below, "A")] == [each.code for each in reasons(at, "A")]


def test_hong_kong_dollars_are_valued_on_the_day_of_signing(ledger):
    found = amount(ledger[19])
    assert (found.amount, found.currency) == (2 * YI, "HKD")
    assert (found.rate, found.rate_on) == (Decimal("0.9130"), date(2026, 11, 5))
    assert found.value == 182_600_000


def test_unsigned_dollars_are_valued_at_the_latest_rate_for_the_time_being(ledger):
    found = amount(ledger[7])
    assert (found.value, found.rate_on) == (212_700_000, date(2026, 11, 20))
    with transaction():
        db.session.add(
            ExchangeRate(currency="USD", quoted_on=date(2026, 11, 23), cny_per_unit=Decimal("6.9"))
        )
        lead = db.session.scalars(db.select(Lead).where(Lead.title == ledger[7])).one()
        rejudge([lead.id], today=TODAY, at=AT)
    assert amount(ledger[7]).value == 207_000_000


@pytest.mark.parametrize(
    ("row", "value", "qualifier"), [(8, 6 * YI, "about"), (15, 5 * YI, "at_least")]
)
def test_what_stood_beside_a_number_is_told_with_it(ledger, row, value, qualifier):
    found = amount(ledger[row], "B")
    assert (found.value, found.qualifier) == (value, qualifier)


def test_the_same_project_twice_in_the_file_is_one_lead(ledger):
    titles = [row["title"] for row in EXPECTED if row["excel_row"] in {15, 16}]
    assert titles[0] == titles[1]
    assert len(db.session.scalars(db.select(Lead).where(Lead.title == titles[0])).all()) == 1


@pytest.mark.parametrize("row", [7, 11, 12])
def test_what_the_bureau_calls_a_company_proves_nothing(ledger, row):
    codes = {each.code.value for each in reasons(ledger[row], "A")}
    assert "ranking_none" in codes
    codes = {each.code.value for each in reasons(ledger[row], "B")}
    assert "headquarters_unconfirmed" in codes
