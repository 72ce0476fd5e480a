"""The taxonomy the sample ledger names, and ledgers of a few rows."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from crm.core.sheets import Sheet, read_sheets
from crm.imports.rules import (
    KnownChain,
    KnownSegment,
    Ledger,
    LedgerRow,
    Taxonomy,
    read_ledger,
)

FIXTURES = Path(__file__).parents[1] / "fixtures"
LEDGER = (FIXTURES / "ledger_2026.xlsx").read_bytes()
EXPECTED = json.loads((FIXTURES / "ledger_2026.expected.json").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 24)


def chain(name: str, code: str, *segments: tuple[str, str]) -> KnownChain:
    return KnownChain(name, code, segments=tuple(KnownSegment(*segment) for segment in segments))


# As much of the taxonomy as the sample names, with its suffixes and a segment of the same name elsewhere.
TAXONOMY = Taxonomy(
    (
        chain(
            "新型功能材料",
            "NFM",
            ("NFM-M1", "正极/负极材料[能源]"),
            ("NFM-M5", "氢能膜材料[能源]"),
            ("NFM-M7", "湿电子化学品/光刻胶[电子]"),
            ("NFM-M11", "抛光液与硅溶胶/二氧化硅[电子·环保]"),
        ),
        chain(
            "智能制造装备",
            "IME",
            ("IME-U1", "精密减速器/丝杠导轨"),
            ("IME-M6", "智能物流仓储/AGV"),
            ("IME-M7", "电力物联网/二次设备"),
            ("IME-M9", "储能/充换电装备"),
            ("IME-M10", "风光氢新能源装备"),
            ("IME-M12", "智能车载设备"),
        ),
        chain("医疗器械", "MED", ("MED-U2", "影像核心部件(球管/探测器)")),
        chain("检验检测", "TIC", ("TIC-M1", "综合第三方检测")),
        chain("大健康与生物医药", "HLT", ("HLT-M6", "细胞与基因治疗")),
        chain("特色商贸(商贸物流)", "TRD", ("TRD-M6", "跨境电商"), ("TRD-M11", "中央厨房/预制菜")),
        chain(
            "高端服务与总部经济",
            "SVC",
            ("SVC-M1", "央企/省企区域总部"),
            ("SVC-M2", "民企/外企区域总部"),
            ("SVC-M11", "电竞/新媒体/数字文创"),
        ),
        chain("未来空天", "FA", ("FA-8", "航空材料与部件")),
        chain("未来健康", "FH", ("FH-1", "细胞与基因治疗")),
    )
)


def sheet(*rows: Sequence[Any], name: str = "台账", **more: Any) -> Sheet:
    return Sheet(name, tuple(tuple(row) for row in rows), **more)


def read(*sheets: Sheet, as_of: date = TODAY) -> Ledger:
    return read_ledger(sheets, taxonomy=TAXONOMY, as_of_default=as_of)


def read_file(data: bytes, name: str = "台账.xlsx") -> Ledger:
    return read(*read_sheets(data, name))


def only_row(ledger: Ledger) -> LedgerRow:
    (row,) = ledger.rows
    return row


HEADER = ("项目名称", "投资方", "总投资（亿元）", "阶段")


def one(header: str, value: Any, *, as_of: date = TODAY) -> LedgerRow:
    """The row of a ledger with one column more."""
    return only_row(read(sheet((*HEADER, header), ("甲", "乙公司", 5, "在谈", value)), as_of=as_of))
