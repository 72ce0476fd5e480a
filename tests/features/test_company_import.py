"""Files of companies taken in: new ones added, known ones completed, doubles and faults told."""

import io
import json
import re
import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select, text

from crm.chains.services.suggesting import suggest_for
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.sheets import Sheet
from crm.enterprises import queries, services
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import Ownership, check_character
from crm.enterprises.services import ALL_DOUBLES, EnterpriseEntry
from crm.history import services as history
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from tests.together import at_once, committed

AT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
HEAD = ("企业名称", "统一社会信用代码", "简称", "经营范围", "母公司", "持股比例", "地址", "所有制")


def code(number=1):
    body = f"913701000000{number:05d}"
    return body + check_character(body)


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@pytest.fixture
def head(person):
    return person("unit_head", "投资促进局")


@pytest.fixture
def take_in(db_session, head):
    def taking(*rows, take=()):
        with transaction():
            return services.import_roster(
                head, AT, Sheet("名录", (HEAD, *rows)), filename="名录.xlsx", take=take
            )

    return taking


@pytest.fixture
def save(db_session, head):
    def saving(name, **columns):
        with transaction():
            return services.save(head, AT, None, EnterpriseEntry(name, **columns)).id

    return saving


def company(name):
    found = queries.by_name(name)
    assert found is not None, name
    return found


def count(db_session, model=Enterprise):
    return db_session.scalar(select(func.count()).select_from(model))


FILE = (
    ("济南示例重工有限公司", None, "示例重工", "风电塔筒制造", "示例控股集团", "51%", None, None),
    ("示例控股集团", code(2), None, None, None, None, "济南市历下区1号", "民企"),
    ("老客户材料有限公司", code(3), "老客户", "胶体材料", None, None, "山东省济南市2号", None),
)


def test_a_file_adds_the_new_completes_the_known_and_changes_nothing_the_second_time(
    take_in, save, db_session
):
    old = save("老客户材料有限公司", short_name="老客", address="原地址")
    done = take_in(*FILE)
    assert (done.added, done.filled) == (2, (old,))
    works, group = company("济南示例重工有限公司"), company("示例控股集团")
    assert (works.parent_id, works.parent_shareholding) == (group.id, Decimal(51))
    assert (works.region_code, group.region_code) == ("370100", "370100")
    assert group.ownership is Ownership.PRIVATE
    assert [row.id for row in queries.pick("slzg")] == [works.id]
    known = company("老客户材料有限公司")
    assert (known.uscc, known.business_scope, known.version) == (code(3), "胶体材料", 2)
    assert (known.short_name, known.address) == ("老客", "原地址")  # never overwritten
    assert [row.id for row in queries.pick(code(3))] == [old]
    told = db_session.scalars(
        select(AuditEvent).where(AuditEvent.subject_id == old).order_by(AuditEvent.id)
    ).all()
    assert [event.action for event in told] == ["enterprise_added", "enterprise_changed"]
    assert told[1].after == {"uscc": code(3), "business_scope": "胶体材料", "region_code": "370100"}
    before = count(db_session, AuditEvent)
    again = take_in(*FILE)
    assert (again.added, again.filled) == (0, ())
    assert [row.field for row in again.look.compared[old].differs] == ["short_name", "address"]
    assert count(db_session, AuditEvent) == before
    with transaction():
        history.seal(datetime(2027, 1, 1, tzinfo=UTC))
    assert history.verify().broken_at is None


def test_a_seat_nobody_typed_follows_the_code_a_file_brings(take_in, save, db_session):
    save("山东甲材料有限公司")
    save("山东乙材料有限公司", region_code="370200")
    same = save("济南丙材料有限公司")
    file = [
        ("山东甲材料有限公司", code(1)),
        ("山东乙材料有限公司", code(2)),
        ("济南丙材料有限公司", code(3)),
    ]
    take_in(*file)
    found = [company(name).region_code for name, _code in file]
    assert found == ["370100", "370200", "370100"]
    told = (
        select(AuditEvent.after).where(AuditEvent.subject_id == same).order_by(AuditEvent.id.desc())
    )
    assert db_session.scalar(told.limit(1)) == {"uscc": code(3)}
    assert take_in(*file).filled == ()


def test_possible_doubles_come_in_by_choice_alone(take_in, save, db_session):
    save("示例智能装备科技有限公司")
    alike = ("山东示例智能装备科技股份有限公司", None)
    assert take_in(alike).added == 0
    assert take_in(alike, take={3}).added == 0
    assert take_in(alike, take={2}).added == 1
    assert take_in(("江苏示例智能装备科技有限公司", None), take=ALL_DOUBLES).added == 1


def test_parents_in_a_circle_or_unknown_are_told_and_left_out(take_in):
    done = take_in(
        ("甲控股集团有限公司", None, None, None, "乙控股集团有限公司"),
        ("乙控股集团有限公司", None, None, None, "甲控股集团有限公司", "60"),
        ("丙控股集团有限公司", None, None, None, "无人知晓有限公司"),
        ("丁控股集团有限公司", None, None, None, None, "30%"),
    )
    assert done.added == 4
    assert [(each.row, each.fault.value) for each in done.look.messages] == [
        (3, "parent_circle"), (4, "parent_unknown"), (5, "share_alone"),
    ]  # fmt: skip
    assert company("乙控股集团有限公司").parent_id is None
    assert company("乙控股集团有限公司").parent_shareholding is None


def test_a_sheet_without_names_or_rows_is_refused(take_in, db_session, head):
    for sheet, fault in (
        (Sheet("x", (("电话", "地址"), ("1", "2"))), "no_name_column"),
        (Sheet("x", (HEAD,)), "no_rows"),
    ):
        with pytest.raises(Refused) as refused, transaction():
            services.import_roster(head, AT, sheet, filename="x.xlsx")
        assert [each.code for each in refused.value.faults] == [fault]


def test_ten_times_the_rows_take_no_more_queries(take_in, count_queries):
    def rows(first, last):
        return [
            (f"第{n:05d}号示例新材料有限公司", code(n), f"号{n}", "范围")
            for n in range(first, last)
        ]

    with count_queries() as few:
        take_in(*rows(1, 40))
    with count_queries() as many:
        assert take_in(*rows(100, 500)).added == 400
    assert len(many) <= len(few)


def test_one_file_confirmed_twice_at_once_comes_in_once(app, head):
    """Without codes no key of the database tells that a company is there already."""
    sheet = Sheet("名录", (HEAD, *[(f"第{n}号示例新材料有限公司",) for n in range(300)]))

    def confirm():
        return services.import_roster(head, AT, sheet, filename="x", take=ALL_DOUBLES).added

    assert sorted(at_once(app, *[committed(confirm)] * 2)) == [0, 300]


@pytest.mark.on("postgresql")  # SQLite lets in one writer at a time
def test_a_project_of_a_company_is_entered_while_a_file_completes_the_company(app, head, save):
    known, entered = save("老客户材料有限公司"), []

    def enter():
        with app.app_context(), transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = 2000"))
            today = clock.today()
            session.add(
                Lead(title="项目", stage_since=today, last_progress_on=today, investor_id=known)
            )
        entered.append(known)

    with transaction():
        sheet = Sheet("名录", (HEAD, ("老客户材料有限公司", None, None, "减速器制造")))
        services.import_roster(head, AT, sheet, filename="x")
        suggest_for([known])
        other = threading.Thread(target=enter)
        other.start()
        other.join(10)
        assert entered == [known]


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.on("sqlite")
def test_a_unit_head_looks_at_a_file_first_and_then_imports_it(sign_in, save, db_session):
    save("示例智能装备科技有限公司")
    client = sign_in("unit_head", "投资促进局")
    assert "导入企业" in text_of(client.get("/enterprises/"))
    data = workbook(
        HEAD,
        *FILE,
        ("山东示例智能装备科技股份有限公司",),
        ("坏代码有限公司", "9137"),
        ("=1+1", None),
    )
    sent = client.post("/enterprises/import", data={"file": (io.BytesIO(data), "名录.xlsx")})
    assert sent.status_code == 302
    page = client.get(sent.location)
    told = text_of(page)
    for words in ("读取的工作表：Sheet", "新企业3家", "可能重复1家", "有误2行",
                  "统一社会信用代码应为18位，现在是4位", "企业名称以公式符号开头"):  # fmt: skip
        assert words in told, words
    assert count(db_session) == 1  # nothing is saved by looking
    mark = re.search(r'name="mark" value="([^"]+)"', page.text)[1]
    report = client.get(f"/enterprises/import/report?mark={mark}")
    lines = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(report.data)).active]
    assert [line[0] for line in lines] == ["行", 5, 6, 7]
    done = client.post("/enterprises/import/confirm", data={"mark": mark, "pick": ["5"]})
    assert done.status_code == 302
    assert "已登记4家新企业，补充0家的资料" in text_of(client.get(done.location))
    db_session.rollback()  # to see what was written meanwhile
    assert count(db_session) == 5
    trail = text_of(client.get("/history/?action=companies_imported"))
    for words in ("文件名 名录.xlsx", "新增 4", "未导入 2"):
        assert words in trail, words
    again = client.post("/enterprises/import/confirm", data={"mark": mark}, follow_redirects=True)
    assert "预览已过期或已导入" in text_of(again)


@pytest.mark.on("sqlite")
def test_files_nobody_can_read_are_refused_in_words(sign_in):
    client = sign_in("director")
    long = "企业名称\n" + "\n".join(f"第{n}号有限公司" for n in range(20_001))
    for data, name, words in (
        (b"", "空.csv", "文件是空的"),
        (long.encode(), "长.csv", "超过20000行"),
        (b"\x00\x01", "x.bin", "可以导入.xlsx和.csv"),
        ("电话\n1".encode(), "列.csv", "没有找到“企业名称”一列"),
    ):
        sent = client.post("/enterprises/import", data={"file": (io.BytesIO(data), name)})
        assert sent.status_code == 422, name
        assert words in text_of(sent), name
    template = client.get("/enterprises/import/template")
    assert load_workbook(io.BytesIO(template.data)).active["A1"].value == "企业名称"
    assert sign_in("staff", "药山街道").get("/enterprises/import").status_code == 403


def test_the_command_says_what_it_did_in_json(app, db_session, tmp_path):
    file = tmp_path / "名录.csv"
    file.write_text(
        f"企业名称,信用代码\n甲材料有限公司,{code()}\n乙材料有限公司,1\n", encoding="gb18030"
    )
    runner = app.test_cli_runner()
    for arguments, is_there in ((["--dry-run"], False), ([], True), ([], True)):
        result = runner.invoke(args=["enterprises", "import", str(file), "--json", *arguments])
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)
        assert told["faulty"] == 1
        assert told["messages"][0]["code"] == "uscc_wrong"
        with app.app_context():
            assert (queries.by_uscc(code()) is not None) is is_there
    assert (told["new"], told["known"]) == (0, 1)
    assert runner.invoke(args=["enterprises", "import", str(tmp_path / "无.csv")]).exit_code == 2
