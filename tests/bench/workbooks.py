"""Workbooks to import: a bureau's ledger and a park's list of companies."""

from pathlib import Path

from openpyxl import Workbook

from crm.enterprises.rules import check_character
from tests.bench.words import ACTIONS, CITIES, SAID, THINGS, TRADES

LEDGER_HEADER = (
    "序号", "项目名称", "投资方", "建设内容及规模", "所属产业链", "总投资（亿元）", "信息来源", "责任单位",
    "责任人", "首次对接时间", "阶段", "最新进展", "下步计划", "下次跟进时间", "备注",
)  # fmt: skip


def write_ledger(path: Path, rows: int) -> None:
    """A ledger as a bureau keeps one: every project new, every cell readable."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("在谈项目")
    sheet.append(LEDGER_HEADER)
    stages = ("线索", "对接", "洽谈", "评审")
    for n in range(1, rows + 1):
        sheet.append(
            (
                n, f"台账{n}号{THINGS[n % 18]}项目", f"{CITIES[n % 12]}台账{n}号{TRADES[n % 15]}有限公司",
                f"建设{THINGS[n % 18]}生产线，分期实施", "智能制造装备", f"{n % 90 / 10 + 0.5:g}",
                "以商招商", "区投资促进局", "张伟", "2026-03-05", stages[n % 4], SAID[n % 4],
                ACTIONS[n % 5], "2026-12-20", "",
            )
        )  # fmt: skip
    book.save(path)


def write_companies(path: Path, rows: int) -> None:
    """A park's list of companies with their codes, one in four held by one of the others."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("企业名录")
    sheet.append(
        ("企业名称", "统一社会信用代码", "行业代码", "经营范围", "注册地址", "母公司", "持股比例")
    )

    def name(n: int) -> str:
        return f"{CITIES[n % 12]}名录{n}号{TRADES[n % 15]}有限公司"

    for n in range(1, rows + 1):
        body = f"91370105{n:09d}"
        is_held = n % 4 == 0
        sheet.append(
            (
                name(n), body + check_character(body), "C3985", f"{THINGS[n % 18]}的研发、生产和销售" * 6,
                f"山东省济南市天桥区名录路{n}号", name(n // 4) if is_held else None,
                "51%" if is_held else None,
            )
        )  # fmt: skip
    book.save(path)
