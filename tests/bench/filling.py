"""A believable district of any size: the same people, companies and leads for the same number of rows.

40 % of the leads are open, 1 % signed this year; 30 owners in 20 departments; four activities and six
audit events each. Rows are made as plain tuples and go in by COPY or executemany, past the product.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from openpyxl import Workbook

from crm.core.pinyin import pinyin_initials
from crm.enterprises.rules import (
    check_character,
    loose_name,
    normalise_name,
    search_text,
    title_key,
)

OWNERS, DEPARTMENTS = 30, 20
PRESENCES = 2000

CITIES = (
    "济南",
    "北京",
    "上海",
    "深圳",
    "杭州",
    "苏州",
    "青岛",
    "无锡",
    "合肥",
    "成都",
    "武汉",
    "西安",
)
BRANDS = (
    "华建邦信联创科恒泰瑞德安宏远智云海天润泽新盛达通利源同和康宁博雅星辰朗图维克奥森美嘉禾丰正"
)
TRADES = (
    "新型功能材料", "智能装备", "精密制造", "生物医药", "医疗器械", "氢能科技", "半导体材料",
    "物流科技", "检验检测", "大数据", "电气", "食品", "环保科技", "供应链管理", "航空零部件",
)  # fmt: skip
FORMS = ("有限公司", "股份有限公司", "集团有限公司", "科技有限公司")
THINGS = (
    "动力电池正极材料", "高纯硅溶胶", "工业机器人减速器", "医用影像探测器", "湿电子化学品",
    "智能仓储系统", "氢燃料电池电堆", "风电叶片", "碳化硅衬底", "预制菜中央厨房", "细胞治疗",
    "精密丝杠导轨", "车规级传感器", "特种石墨", "高端轴承", "膜电极", "储能变流器", "伺服电机",
)  # fmt: skip
KINDS = ("项目", "产业园项目", "生产基地项目", "研发中心", "区域总部", "扩产项目", "中试基地")
ACTIONS = ("约谈投资方负责人", "提交用地方案", "组织专家评审", "现场考察选址", "报送协议文本")
SAID = (
    "电话沟通用地需求，对方将补充材料",
    "赴企业总部拜访，了解投资计划",
    "接待来访，介绍政策与配套",
    "召开专题会，明确责任分工",
)
OPEN = ("LEAD", "CONTACTED", "NEGOTIATING", "REVIEWED", "PRE_SIGNING")
ENDED = ("OPERATING", "LOST", "TRANSFERRED", "PARKED")


def is_sensitive(lead_id: int) -> bool:
    return lead_id % 1000 == 7


class Filler:
    """Makes the rows, table by table, in an order that satisfies the foreign keys."""

    def __init__(
        self, rows: int, today: date, password_hash: str, places: dict[str, list[int]]
    ) -> None:
        self.rows = rows
        self.today = today
        self.morning = datetime.combine(today, time(1, 0), UTC)
        self.password_hash = password_hash
        self.chains = places["chains"]
        self.segments = places["segments"]  # ids, chain by chain in the order of `segment_chains`
        self.segment_chains = places["segment_chains"]
        self.first_user = places["first_user"][0]
        self.quotas = places["quotas"]  # the year's, which judge leads
        self.companies = max(200, rows * 2 // 5)
        self.company = [self._company(n) for n in range(self.companies + 1)]

    def tables(self) -> Iterator[tuple[str, tuple[str, ...], Iterable[tuple[Any, ...]]]]:
        """(table, columns, rows), each table after those it points to."""
        yield (
            "departments",
            ("id", "name", "kind", "position", "is_active", "version"),
            self.departments(),
        )
        yield (
            "users",
            (
                "id", "login", "name", "initials", "email", "role", "department_id", "password_hash",
                "must_change_password", "is_active", "locale", "session_stamp", "failures",
                "created_at", "version",
            ),
            self.users(),
        )  # fmt: skip
        yield (
            "enterprises",
            (
                "id", "name", "name_norm", "name_loose", "pinyin_initials", "search_text",
                "created_at", "version",
            ),
            self.enterprises(),
        )  # fmt: skip
        yield (
            "contacts",
            ("id", "enterprise_id", "name", "position", "phone", "created_at", "version"),
            self.contacts(),
        )
        yield (
            "presences",
            (
                "id", "enterprise_id", "segment_id", "role", "strength", "output_yuan",
                "output_year", "since_on", "checked_on", "created_at", "version",
            ),
            self.presences(),
        )  # fmt: skip
        yield (
            "anchor_needs",
            (
                "id", "enterprise_id", "segment_id", "kind", "description", "amount_yuan",
                "noted_on", "created_at", "version",
            ),
            self.needs(),
        )  # fmt: skip
        yield "leads", LEAD_COLUMNS, self.leads()
        yield (
            "figures",
            (
                "id", "lead_id", "kind", "source", "as_of", "stated_text", "amount", "currency",
                "document", "is_withdrawn", "recorded_by_id", "recorded_at",
            ),
            self.figures(),
        )  # fmt: skip
        yield (
            "milestones",
            (
                "id", "lead_id", "kind", "happened_on", "known_on", "document", "source",
                "recorded_by_id", "recorded_at",
            ),
            self.milestones(),
        )  # fmt: skip
        yield (
            "stage_changes",
            ("id", "lead_id", "from_stage", "to_stage", "happened_on", "source", "by_id", "at"),
            self.stage_changes(),
        )
        yield (
            "activities",
            (
                "id", "lead_id", "kind", "happened_on", "summary", "contact_name", "is_substantive",
                "by_id", "at",
            ),
            self.activities(),
        )  # fmt: skip
        yield (
            "audit_events",
            (
                "id", "at", "actor_id", "actor_name", "address", "action", "subject_type",
                "subject_id", "lead_id", "department_id", "before", "after",
            ),
            self.events(),
        )  # fmt: skip

        yield (
            "recognition_batches",
            (
                "id", "year", "at_level", "title", "document_number", "decided_on", "created_by_id",
                "created_at", "version",
            ),
            self.batches(),
        )  # fmt: skip
        yield (
            "decisions",
            (
                "id", "lead_id", "quota_id", "at_level", "decided", "batch_id", "decided_on", "by_id",
                "recorded_at", "sides_then",
            ),
            self.decisions(),
        )  # fmt: skip

    # ------------------------------------------------------------ people

    def departments(self) -> Iterator[tuple[Any, ...]]:
        for n in range(1, DEPARTMENTS + 1):
            yield (
                n,
                "区投资促进局" if n == 1 else f"第{n}街道办事处",
                "bureau" if n == 1 else "street",
                n,
                True,
                1,
            )

    def users(self) -> Iterator[tuple[Any, ...]]:
        people = [("leader", "刘局长", "director", 1), ("head", "王主任", "unit_head", 2)]
        people += [
            (
                f"staff{n}",
                f"{'张王李赵刘陈杨黄周吴'[n % 10]}{'伟芳娜敏静强磊洋'[n % 8]}{n}",
                "staff",
                n % DEPARTMENTS + 1,
            )
            for n in range(OWNERS)
        ]
        for place, (login, name, role, unit) in enumerate(people):
            yield (
                self.first_user + place, login, name, pinyin_initials(name), f"{login}@example.gov.cn",
                role, unit, self.password_hash, False, True, "zh", f"stamp{place}", 0, self.morning, 1,
            )  # fmt: skip

    def owner(self, n: int) -> tuple[int, int]:
        """The owner of lead n and the owner's department."""
        place = (n * 7919) % OWNERS
        return self.first_user + 2 + place, place % DEPARTMENTS + 1

    # ------------------------------------------------------------ companies

    def _company(self, n: int) -> tuple[str, str, str]:
        """Name, initials and search text of company n; the initials piece by piece, which are few."""
        brand = BRANDS[n * 7 % len(BRANDS)] + BRANDS[n * 13 // len(BRANDS) % len(BRANDS)]
        pieces = (CITIES[n % 12], brand, TRADES[n // 12 % 15], FORMS[n // 180 % 4])
        name, initials = "".join(pieces), "".join(map(_initials, pieces))
        return name, initials, search_text(name, initials)

    def enterprises(self) -> Iterator[tuple[Any, ...]]:
        for n in range(1, self.companies + 1):
            name, initials, text = self.company[n]
            yield (
                n,
                name,
                normalise_name(name),
                loose_name(name),
                initials,
                text,
                self.morning,
                1,
            )

    def contacts(self) -> Iterator[tuple[Any, ...]]:
        for n in range(1, self.companies + 1):
            yield (
                n,
                n,
                f"{'赵钱孙李周吴郑王'[n % 8]}经理",
                "投资总监",
                f"138{n % 10**8:08d}",
                self.morning,
                1,
            )

    # ------------------------------------------------------------ chains

    def first_chain(self) -> list[int]:
        """The segments of the first chain, where all companies of the bench stand."""
        return [
            segment
            for segment, chain in zip(self.segments, self.segment_chains, strict=True)
            if chain == self.chains[0]
        ]

    def presences(self) -> Iterator[tuple[Any, ...]]:
        """2,000 companies on one chain, one in ten an anchor firm, one in seven not checked lately."""
        here = self.first_chain()
        for n in range(1, min(PRESENCES, self.companies) + 1):
            role = "anchor" if n % 10 == 0 else ("supplier", "supplier", "research")[n % 3]
            yield (
                n, n, here[n % len(here)], role, ("weak", "medium", "strong")[n // 7 % 3],
                n % 90 * 10**7, self.today.year - 1, self.today - timedelta(days=n % 3000 + 400),
                self.today - timedelta(days=400 if n % 7 == 0 else n % 300), self.morning, 1,
            )  # fmt: skip

    def needs(self) -> Iterator[tuple[Any, ...]]:
        """One for each anchor firm."""
        here = self.first_chain()
        for n in range(10, min(PRESENCES, self.companies) + 1, 10):
            yield (
                n // 10, n, here[n * 7 % len(here)], ("supply", "customer", "partner")[n // 10 % 3],
                "配套产品", n * 10**5, self.today - timedelta(days=n % 200), self.morning, 1,
            )  # fmt: skip

    # ------------------------------------------------------------ leads

    def stage(self, n: int) -> str:
        """1 in 100 signed this year (one third of them registered or started), 40 in 100 open."""
        if n % 100 == 0:
            return ("SIGNED", "REGISTERED", "STARTED")[n // 100 % 3]
        if n % 5 in {1, 2}:
            return OPEN[n * 31 % 5]
        return ENDED[n * 17 % 4]

    def progress(self, n: int) -> date:
        """Open leads moved in the last ninety days, the others in the last ten years."""
        reach = 90 if n % 5 in {1, 2} or n % 100 == 0 else 3650
        return self.today - timedelta(days=n * 2654435761 % 2**32 % reach)

    def amount(self, n: int) -> int | None:
        return None if n % 11 == 0 else (n * 48271 % 500 + 1) * 10**7 * (10 if n % 40 == 0 else 1)

    def signed_on(self, n: int) -> date:
        first = date(self.today.year, 1, 1)
        return first + timedelta(days=n // 100 % ((self.today - first).days + 1))

    def title(self, n: int) -> str:
        return (
            f"{THINGS[n % 18]}{KINDS[n // 18 % 7]}{'一二三四五六七八九'[n % 9]}期"
            if n % 4 == 0
            else (
                f"{self.company[n % self.companies + 1][0][2:4]}{THINGS[n % 18]}{KINDS[n // 18 % 7]}"
            )
        )

    def leads(self) -> Iterator[tuple[Any, ...]]:
        for n in range(1, self.rows + 1):
            company = n % self.companies + 1
            title, stage, receipt = self.title(n), self.stage(n), f"BB20260101-{n:06d}"
            owner, unit = self.owner(n)
            is_open, progress = stage in OPEN, self.progress(n)
            amount = self.amount(n)
            due = self.today + timedelta(days=n * 13 % 40 - 10) if is_open and n % 6 else None
            place = n * 131 % len(self.segments)
            yield (
                n, receipt, title, title_key(title)[:120],
                f"{search_text(title, receipt)} {self.company[company][2]}",
                company, False, f"建设{title}，新建厂房及配套设施，分期实施，达产后形成规模化生产能力",
                self.segment_chains[place], self.segments[place], owner, unit, unit, "以商招商",
                is_sensitive(n), stage, progress, "person", ("land", "carrier", "headquarters")[n % 3],
                progress - timedelta(days=200), progress,
                ACTIONS[n % 5] if due else None, due, False, True, n % 3 == 2, "new", "other_province",
                "chain", "abc"[n % 3], SAID[n % 4], amount, f"{amount / 10**8:g}亿元" if amount else None,
                owner, self.morning - timedelta(days=n % 3000), 1, *self.prospects(n),
            )  # fmt: skip

    def prospects(self, n: int) -> tuple[date | None, int, int, str | None, date | None]:
        """Of one in eight leads in talks: expected day, delays, the owner's confidence and its day."""
        if self.stage(n) not in OPEN[1:] or n // 5 % 8:
            return None, 0, 0, None, None
        expected = self.today + timedelta(days=n * 37 % 400 - 40)
        stated_on = self.today - timedelta(days=n % 50)
        return expected, n % 3, n % 3 * 25, ("high", "medium", "low")[n // 7 % 3], stated_on

    def is_signed(self, n: int) -> bool:
        return n % 100 == 0

    def figures(self) -> Iterator[tuple[Any, ...]]:
        row = 0
        for n in range(1, self.rows + 1):
            amount = self.amount(n)
            if amount is None:
                continue
            owner, _unit = self.owner(n)
            for source in ("talk", "agreement")[: 2 if self.is_signed(n) else 1]:
                row += 1
                yield (
                    row, n, "total_investment", source, self.progress(n), f"{amount / 10**8:g}亿元",
                    amount, "CNY", "投资协议第3条" if source == "agreement" else None, False, owner,
                    self.morning,
                )  # fmt: skip

    def milestones(self) -> Iterator[tuple[Any, ...]]:
        row = 0
        for n in range(100, self.rows + 1, 100):
            day, (owner, _unit) = self.signed_on(n), self.owner(n)
            for kind in ("signed", "registered", "started")[: n // 100 % 3 + 1]:
                row += 1
                yield row, n, kind, day, day, "投资协议", "person", owner, self.morning

    def stage_changes(self) -> Iterator[tuple[Any, ...]]:
        row = 0
        for n in range(1, self.rows + 1):
            owner, _unit = self.owner(n)
            for before, after, ago in ((None, "LEAD", 200), ("LEAD", self.stage(n), 0)):
                row += 1
                yield (
                    row,
                    n,
                    before,
                    after,
                    self.progress(n) - timedelta(days=ago),
                    "person",
                    owner,
                    self.morning,
                )

    def activities(self) -> Iterator[tuple[Any, ...]]:
        row = 0
        for n in range(1, self.rows + 1):
            owner, _unit = self.owner(n)
            for k in range(4):
                row += 1
                yield (
                    row, n, ("call", "visit_out", "reception", "meeting")[k],
                    self.progress(n) - timedelta(days=15 * k), SAID[k], "赵经理", k == 1, owner, self.morning,
                )  # fmt: skip

    def events(self) -> Iterator[tuple[Any, ...]]:
        row = 0
        created = _json({"title": "项目", "stage": "LEAD"})
        for n in range(1, self.rows + 1):
            owner, unit = self.owner(n)
            for k in range(6):
                row += 1
                before = (
                    json.dumps({"next_action": ACTIONS[k % 5]}, ensure_ascii=False) if k else None
                )
                after = (
                    json.dumps({"next_action": ACTIONS[(k + 1) % 5]}, ensure_ascii=False)
                    if k
                    else created
                )
                yield (
                    row, self.morning - timedelta(days=30 * (6 - k)), owner, "责任人", "10.0.0.8",
                    "lead_edited" if k else "lead_registered", "leads", n, n, unit, before, after,
                )  # fmt: skip

    # ------------------------------------------------------------ recognition

    def batches(self) -> Iterator[tuple[Any, ...]]:
        for number, level in enumerate(("district", "city"), start=1):
            yield (
                number, self.today.year, level, f"第{number}批", f"{number}号", self.today,
                self.first_user, self.morning, 1,
            )  # fmt: skip

    def decisions(self) -> Iterator[tuple[Any, ...]]:
        """Every other signed lead is proposed, and they get one, two or three levels far."""
        row = 0
        for place, n in enumerate(range(100, self.rows + 1, 200)):
            owner, _unit = self.owner(n)
            said = [("unit", "proposed", None), ("unit", "approved", None)]
            said += [("district", "approved", 1), ("city", "approved", 2)]
            for level, decided, batch in said[: place % 4 + 1]:
                row += 1
                yield (
                    row, n, self.quotas[place % len(self.quotas)], level, decided, batch, self.today,
                    owner if level == "unit" else self.first_user, self.morning, "[]",
                )  # fmt: skip


LEAD_COLUMNS = (
    "id", "receipt_number", "title", "title_key", "search_text", "investor_id", "investor_is_unknown",
    "description", "chain_id", "segment_id", "owner_id", "department_id", "first_talk_department_id",
    "source", "is_sensitive", "stage", "stage_since", "stage_source", "path", "first_contact_on",
    "last_progress_on", "next_action", "next_action_on", "is_days_order_confirmed", "is_physical",
    "is_headquarters", "nature", "origin", "promotion_mode", "tier", "latest_progress",
    "investment_yuan", "investment_text", "created_by_id", "created_at", "version",
    "expected_sign_on", "signing_slips", "signing_slip_days", "confidence", "confidence_on",
)  # fmt: skip


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


def fill_postgres(connection: psycopg.Connection[Any], filler: Filler) -> None:
    """COPY every table."""
    with connection.transaction():
        for table, columns, rows in filler.tables():
            names = ", ".join(f'"{name}"' for name in columns)
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )


def fill_sqlite(connection: sqlite3.Connection, filler: Filler) -> None:
    for table, columns, rows in filler.tables():
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" * len(columns))
        connection.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",
            (tuple(map(_for_sqlite, row)) for row in rows),
        )
    connection.commit()


_initials = lru_cache(maxsize=None)(pinyin_initials)


def _json(value: dict[str, str]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value
