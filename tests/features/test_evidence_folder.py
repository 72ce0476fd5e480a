"""The evidence folder of a quota: what it lists, what it holds, and who may take it."""

import io
import zipfile
from datetime import timedelta

import docx
import openpyxl
import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Attachment
from crm.leads.rules import AttachmentKind
from crm.quotas.services import rejudge_all
from tests.features.quota_leads import YI, add_signed

YEAR = clock.today().year
PDF = b"%PDF-1.4\nsample"


@pytest.fixture
def projects(app, person):
    """Two signed projects of one unit and a sensitive one: the first has its scan, the second none."""
    staff = person("staff", "甲单位")
    folder = app.extensions["settings"].attachments_dir
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a1").write_bytes(PDF)
    today = clock.today()
    mine = {"owner_id": staff.id, "department_id": staff.department_id}
    with app.app_context(), transaction() as session:
        first = add_signed("甲/项目", 6 * YI, on=today - timedelta(days=9), **mine)
        second = add_signed("=乙项目", 7 * YI, on=today - timedelta(days=5), **mine)
        secret = add_signed("密项目", 8 * YI, on=today, is_sensitive=True, **mine)
        for number, (name, stored, kind) in enumerate(
            (
                ("合同.pdf", "a1", AttachmentKind.AGREEMENT),
                ("草稿.pdf", "a2", AttachmentKind.AGREEMENT_DRAFT),
                ("丢失.pdf", "a3", AttachmentKind.PHOTO),
            )
        ):
            session.add(
                Attachment(
                    lead_id=first.id,
                    kind=kind,
                    filename=name,
                    media_type="application/pdf",
                    size=len(PDF),
                    sha256=f"{number:064d}",
                    stored_name=stored,
                    is_removed=False,
                    uploaded_at=clock.now(),
                )
            )
        rejudge_all(today=today, at=clock.now())
        ids = first.id, second.id, secret.id
    return staff, ids


def unpacked(answer):
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.data))


def test_the_page_says_what_each_project_lacks_who_answers_and_how_long_is_left(sign_in, projects):
    page = sign_in("director").get(f"/checkup/evidence/{YEAR}/B").text
    assert "签约协议：已入包" in page
    assert "签约协议：有文号，缺扫描件" in page
    assert "营业执照：缺件" in page
    assert "下次统计截止日" in page
    assert "密项目" not in page
    assert "另有1个敏感项目" in page


def test_the_folder_is_numbered_and_its_index_names_every_file(sign_in, projects):
    archive = unpacked(sign_in("director").get(f"/checkup/evidence/{YEAR}/B.zip"))
    assert archive.namelist() == [
        "00 目录.docx",
        "00 目录.xlsx",
        "01 甲项目/01-1 协议 合同.pdf",
    ]
    assert archive.read("01 甲项目/01-1 协议 合同.pdf") == PDF
    document = docx.Document(io.BytesIO(archive.read("00 目录.docx")))
    texts = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert any("01-1 协议 合同.pdf" in text for text in texts)
    assert "甲/项目" in texts
    assert "另有1个敏感项目，材料单独报送。" in [p.text for p in document.paragraphs]
    assert "草稿" not in "".join(texts)


def test_the_table_to_hand_in_adds_up_and_runs_no_formula_of_a_user(sign_in, projects):
    answer = sign_in("director").get(f"/checkup/evidence/{YEAR}/B.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    standing = book["完成情况"]
    assert [standing.cell(row, 2).value for row in (4, 5)] == ["甲/项目", "=乙项目"]
    assert standing.cell(5, 2).data_type == "s"
    assert [standing.cell(row, 7).value for row in (4, 5)] == [6, 7]
    assert standing.cell(6, 7).value == "=SUM(G4:G5)"
    lacks = [row for row in book["缺件清单"].iter_rows(min_row=4, values_only=True) if row[0]]
    assert (1, "营业执照") in {(row[0], row[2]) for row in lacks}
    assert all(row[8] >= 0 for row in lacks)


def test_a_unit_head_takes_the_folder_of_the_own_unit_alone(app, sign_in, person, projects):
    unit = person("staff", "乙单位").department_id
    with app.app_context(), transaction():
        add_signed("外单位项目", 6 * YI, on=clock.today(), department_id=unit)
        rejudge_all(today=clock.today(), at=clock.now())
    own = unpacked(sign_in("unit_head", "甲单位").get(f"/checkup/evidence/{YEAR}/B.zip"))
    assert "01 甲项目/01-1 协议 合同.pdf" in own.namelist()
    foreign = sign_in("unit_head", "乙单位").get(f"/checkup/evidence/{YEAR}/B")
    assert "外单位项目" in foreign.text
    assert "甲/项目" not in foreign.text
    assert "敏感项目" not in foreign.text


def test_taking_a_folder_leaves_a_trace_and_looking_does_not(app, sign_in, projects):
    leader = sign_in("director")
    leader.get(f"/checkup/evidence/{YEAR}/B")
    leader.get(f"/checkup/evidence/{YEAR}/B.zip")
    with app.app_context():
        events = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action == "evidence_exported")
        ).all()
    assert [(event.actor_id, event.after["leads"], event.after["files"]) for event in events] == [
        (leader.actor.id, 2, 1)
    ]


def test_a_quota_without_projects_and_one_that_is_not_there(sign_in):
    leader = sign_in("director")
    assert "还没有计入的项目" in leader.get(f"/checkup/evidence/{YEAR}/A").text
    for address in ("/checkup/evidence/1999/A", f"/checkup/evidence/{YEAR}/fdi"):
        assert leader.get(address).status_code == 404
        assert leader.get(f"{address}.zip").status_code == 404
        assert leader.get(f"{address}.xlsx").status_code == 404


def test_the_page_takes_as_many_queries_however_many_projects(
    app, sign_in, projects, count_queries
):
    client = sign_in("director")
    seen = []
    for _ in range(2):
        with count_queries() as statements:
            assert client.get(f"/checkup/evidence/{YEAR}/B").status_code == 200
        seen.append(len(statements))
        with app.app_context(), transaction():
            for n in range(5):
                add_signed(f"又一个{n}", 9 * YI, on=clock.today())
            rejudge_all(today=clock.today(), at=clock.now())
    assert seen[0] == seen[1] <= 8
