"""Moving leads: refused with everything missing at once, accepted with evidence, back with a reason."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from crm.chains.models import Segment
from crm.core import clock, waiting
from crm.core.db import db, transaction
from crm.core.errors import Refused
from crm.history.models import AuditEvent
from crm.leads.models import Attachment, Figure, Lead, Milestone, StageChange
from crm.leads.rules import FigureSource, MilestoneKind, OffRampReason, Stage
from crm.leads.services.moves import Move, advance
from tests.leads import USCC, file, formal, opened, read_form, registered

pytestmark = pytest.mark.usefixtures("verdicts_stay_true")


def rows(app, model, **where):
    with app.app_context():
        return db.session.scalars(select(model).filter_by(**where).order_by(model.id)).all()


@pytest.fixture
def staff(sign_in):
    return sign_in("staff", "药山街道")


@pytest.fixture
def segment(app):
    return rows(app, Segment)[0]


def move(client, lead_id, to, **data):
    address = f"/leads/{lead_id}/advance"
    sent = opened(client, f"{address}?to={to.value}")
    return client.post(address, data={**sent, **data})


@pytest.fixture
def signed(app, staff, segment):
    """The id of a lead signed on 2026-06-02."""
    lead_id = registered(staff)
    place = {"chain": segment.chain_id, "segment": segment.id}
    assert move(staff, lead_id, Stage.SIGNED, **formal(**place)).status_code == 302
    return lead_id


def stage_of(app, lead_id):
    [lead] = rows(app, Lead, id=lead_id)
    return lead.stage


def test_a_refused_move_names_everything_missing_each_with_its_field(app, staff):
    lead_id = registered(staff)
    answer = move(staff, lead_id, Stage.NEGOTIATING)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for field in ("first_contact_on", "contact_person", "total_investment", "chain", "next_action"):
        assert f'href="#{field}"' in page, field
    assert stage_of(app, lead_id) is Stage.LEAD


def test_what_stands_on_another_page_is_linked_there(app, staff):
    lead_id = registered(staff, investor="", is_unknown="1")
    page = move(staff, lead_id, Stage.NEGOTIATING).get_data(as_text=True)
    assert f"/leads/{lead_id}/edit#investor" in page


def test_a_jump_to_signing_takes_all_evidence_in_one_step(app, staff, signed):
    [lead] = rows(app, Lead, id=signed)
    assert (lead.stage, lead.stage_since.isoformat()) == (Stage.SIGNED, "2026-06-02")
    [agreement] = rows(app, Figure, lead_id=signed, source=FigureSource.AGREEMENT)
    assert (agreement.amount, agreement.document) == (600_000_000, "材料.pdf")
    assert lead.investment_yuan == 600_000_000
    assert len(rows(app, Attachment, lead_id=signed)) == 3
    [signing] = rows(app, Milestone, lead_id=signed)
    assert signing.attachment_id == agreement.attachment_id
    assert [c.to_stage for c in rows(app, StageChange, lead_id=signed)] == [
        Stage.LEAD,
        Stage.SIGNED,
    ]


def test_a_framework_agreement_is_no_signing(app, staff, segment):
    lead_id = registered(staff)
    data = formal(chain=segment.chain_id, segment=segment.id, agreement_type="framework")
    assert move(staff, lead_id, Stage.SIGNED, **data).status_code == 422
    assert rows(app, Attachment, lead_id=lead_id) == []
    assert stage_of(app, lead_id) is Stage.LEAD


def test_the_statistics_day_stands_apart_from_the_event_day(app, staff, segment):
    lead_id = registered(staff)
    data = formal(chain=segment.chain_id, segment=segment.id, statistics_on="2026-07-25")
    assert move(staff, lead_id, Stage.SIGNED, **data).status_code == 302
    [signing] = rows(app, Milestone, lead_id=lead_id)
    assert signing.happened_on.isoformat() == "2026-06-02"
    assert signing.statistics_on.isoformat() == "2026-07-25"


def test_a_segment_brings_its_chain_and_belongs_to_the_chain_that_is_chosen(app, staff, segment):
    lead_id = registered(staff)
    other = next(row for row in rows(app, Segment) if row.chain_id != segment.chain_id)
    wrong = move(staff, lead_id, Stage.SIGNED, **formal(chain=other.chain_id, segment=segment.id))
    assert wrong.status_code == 422
    assert "这个环节不属于所选的产业链" in wrong.get_data(as_text=True)
    assert rows(app, Attachment, lead_id=lead_id) == []
    assert move(staff, lead_id, Stage.SIGNED, **formal(segment=segment.id)).status_code == 302
    [lead] = rows(app, Lead, id=lead_id)
    assert (lead.chain_id, lead.segment_id) == (segment.chain_id, segment.id)


def test_a_segment_retired_while_the_form_is_open_is_not_taken(app, staff, person, segment):
    actor, lead_id = person("director"), registered(staff)
    with app.app_context(), transaction() as session:
        session.get(Segment, segment.id).retired_on = clock.today()
        version = session.get(Lead, lead_id).version
    wanted = Move(to=Stage.CONTACTED, segment_id=segment.id)
    today, folder = clock.today(), Path("none")
    with app.app_context(), pytest.raises(Refused) as refused, transaction():
        advance(actor, clock.now(), lead_id, version, {}, wanted, today=today, folder=folder)
    assert "segment_retired" in {fault.code for fault in refused.value.faults}


def milestone(client, lead_id, kind, **data):
    address = f"/leads/{lead_id}/milestone"
    return client.post(address, data={**opened(client, f"{address}?kind={kind}"), **data})


REGISTRATION = {
    "happened_on": "2026-05-20", "local_entity": "山东示例制造有限公司", "uscc": "91370105MA3DFL8H4U"
}  # fmt: skip


def test_milestones_come_in_any_order_and_the_stage_follows_once_signed(app, staff, segment):
    from crm.enterprises.rules import check_character

    code = USCC[:17] + check_character(USCC[:17])
    lead_id = registered(staff)
    data = REGISTRATION | {"uscc": code}
    assert milestone(staff, lead_id, "registered", **data).status_code == 302
    assert stage_of(app, lead_id) is Stage.LEAD
    signing = formal(chain=segment.chain_id, segment=segment.id)
    assert move(staff, lead_id, Stage.SIGNED, **signing).status_code == 302
    assert stage_of(app, lead_id) is Stage.REGISTERED
    assert (
        milestone(
            staff, lead_id, "started", happened_on="2026-08-01", document="施许2026-1"
        ).status_code
        == 302
    )
    assert stage_of(app, lead_id) is Stage.STARTED


def test_a_filing_is_recorded_and_moves_nothing(app, staff, signed):
    answer = milestone(staff, signed, "filed", happened_on="2026-07-01", file=file())
    assert answer.status_code == 302
    assert stage_of(app, signed) is Stage.SIGNED
    assert MilestoneKind.FILED in {m.kind for m in rows(app, Milestone, lead_id=signed)}


def test_a_milestone_lacks_are_told_together(staff, signed):
    answer = milestone(staff, signed, "registered", happened_on="2099-01-01")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for words in ("日期晚于今天", "缺本地注册企业", "缺统一社会信用代码"):
        assert words in page


def test_back_only_with_a_reason_and_later_milestones_are_withdrawn(app, staff, signed):
    assert move(staff, signed, Stage.NEGOTIATING).status_code == 422
    assert move(staff, signed, Stage.NEGOTIATING, note="合同作废").status_code == 302
    assert stage_of(app, signed) is Stage.NEGOTIATING
    assert rows(app, Milestone, lead_id=signed) == []
    assert len(rows(app, AuditEvent, action="milestone_withdrawn")) == 1


def test_a_lead_is_lost_for_a_reason_of_the_list_and_may_come_back(app, staff):
    lead_id = registered(staff)
    assert move(staff, lead_id, Stage.LOST).status_code == 422
    assert move(staff, lead_id, Stage.LOST, reason="other").status_code == 422
    assert move(staff, lead_id, Stage.LOST, reason="no_site").status_code == 302
    [lead] = rows(app, Lead, id=lead_id)
    assert (lead.off_ramp_reason, lead.stage_before_off_ramp) == (OffRampReason.NO_SITE, Stage.LEAD)
    assert move(staff, lead_id, Stage.LEAD).status_code == 302
    [lead] = rows(app, Lead, id=lead_id)
    assert (lead.stage, lead.off_ramp_reason) == (Stage.LEAD, None)


def test_a_transfer_says_where_to_and_is_final(app, staff):
    lead_id = registered(staff)
    data = {"reason": "suits_elsewhere"}
    assert move(staff, lead_id, Stage.TRANSFERRED, **data).status_code == 422
    answer = move(staff, lead_id, Stage.TRANSFERRED, **data, transferred_to="槐荫区")
    assert answer.status_code == 302
    assert move(staff, lead_id, Stage.CONTACTED, **formal()).status_code == 422


def test_a_move_from_an_old_page_is_refused_and_keeps_what_was_typed(app, sign_in, staff):
    lead_id = registered(staff)
    mine = opened(staff, f"/leads/{lead_id}/advance?to=PARKED")
    move(sign_in("director"), lead_id, Stage.LOST, reason="no_site")
    answer = staff.post(
        f"/leads/{lead_id}/advance",
        data=mine | {"reason": "other", "note": "投资方资金未到位"},
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "投资方资金未到位" in page
    assert "终止" in page


def test_an_agreement_amount_needs_its_paper_and_never_replaces_the_first(app, staff, signed):
    address = f"/leads/{signed}/figures/new"
    data = opened(staff, address) | {"amount": "7.2", "as_of": "2026-09-01"}
    assert staff.post(address, data=data).status_code == 422
    assert staff.post(address, data=data | {"document": "补充协议1号"}).status_code == 302
    told = [f.stated_text for f in rows(app, Figure, lead_id=signed)]
    assert told == ["6.5亿", "6亿", "7.2亿元"]
    [lead] = rows(app, Lead, id=signed)
    assert lead.investment_yuan == 720_000_000


def test_a_withdrawn_amount_no_longer_judges(app, staff, signed):
    [agreement] = rows(app, Figure, lead_id=signed, source=FigureSource.AGREEMENT)
    address = f"/leads/{signed}/figures/{agreement.id}/withdraw"
    assert staff.post(address, data={}).status_code == 422
    assert staff.post(address, data={"reason": "录错"}).status_code == 302
    [lead] = rows(app, Lead, id=signed)
    assert lead.investment_yuan == 650_000_000


def test_the_first_screening_is_a_dated_decision_and_no_stage(app, staff):
    lead_id = registered(staff)
    address = f"/leads/{lead_id}/screening"
    data = opened(staff, address) | {"screening_result": "建议推进"}
    assert staff.post(address, data=data).status_code == 302
    [lead] = rows(app, Lead, id=lead_id)
    assert (lead.screening_result, lead.stage) == ("建议推进", Stage.LEAD)


# ---------------------------------------------------------------- files of a refused move


@pytest.fixture
def waiting_room(app):
    """The folder of refused forms' files, empty."""
    folder = app.extensions["settings"].waiting_dir / "refused-form"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def kept_marks(answer):
    return {name: value for name, value in read_form(answer).items() if name.endswith("_kept")}


def test_the_files_of_a_refused_move_need_not_be_chosen_again(app, staff, segment, waiting_room):
    lead_id = registered(staff)
    place = {"chain": segment.chain_id, "segment": segment.id}
    refused = move(staff, lead_id, Stage.SIGNED, **formal(**place, signed_on=""))
    assert refused.status_code == 422
    assert "材料.pdf" in refused.get_data(as_text=True)
    again = {**read_form(refused), "signed_on": "2026-06-02"}
    assert kept_marks(refused).keys() == {
        "review_minutes_kept", "agreement_draft_kept", "agreement_file_kept",
    }  # fmt: skip
    assert staff.post(f"/leads/{lead_id}/advance", data=again).status_code == 302
    assert [row.filename for row in rows(app, Attachment, lead_id=lead_id)] == ["材料.pdf"] * 3
    assert not list(waiting_room.iterdir())


def test_a_kept_file_that_is_unticked_is_not_taken(app, staff, segment):
    lead_id = registered(staff)
    place = {"chain": segment.chain_id, "segment": segment.id}
    refused = move(staff, lead_id, Stage.SIGNED, **formal(**place, signed_on=""))
    again = {**read_form(refused), "signed_on": "2026-06-02"}
    del again["agreement_file_kept"]
    answer = staff.post(f"/leads/{lead_id}/advance", data=again)
    assert answer.status_code == 422
    assert 'href="#agreement_file"' in answer.get_data(as_text=True)
    assert kept_marks(answer).keys() == {"review_minutes_kept", "agreement_draft_kept"}


def test_a_file_chosen_anew_takes_the_place_of_the_kept_one(app, staff):
    lead_id = registered(staff)
    address = f"/leads/{lead_id}/papers/new"
    refused = staff.post(address, data={"file": file("旧.pdf")})
    again = {**read_form(refused), "kind": "agreement", "file": file("新.pdf")}
    assert staff.post(address, data=again).status_code == 302
    assert [row.filename for row in rows(app, Attachment)] == ["新.pdf"]


def test_a_kept_file_is_only_for_the_person_who_sent_it(app, staff, sign_in):
    lead_id = registered(staff)
    address = f"/leads/{lead_id}/papers/new"
    refused = staff.post(address, data={"file": file()})
    leader = sign_in("director", "区投资促进局")
    answer = leader.post(address, data={**read_form(refused), "kind": "agreement"})
    assert answer.status_code == 422
    assert "请重新选择" in answer.get_data(as_text=True)
    assert not rows(app, Attachment)


@pytest.mark.parametrize("mark", ["", "x", "a.b.c", "材料"])
def test_an_invented_mark_of_a_file_is_a_fault_and_no_file(app, staff, mark):
    lead_id = registered(staff)
    data = {"kind": "agreement", "file_kept": mark}
    assert staff.post(f"/leads/{lead_id}/papers/new", data=data).status_code == 422
    assert not rows(app, Attachment)


def test_a_file_that_may_not_be_kept_is_not_offered_again(app, staff):
    lead_id = registered(staff)
    data = {"kind": "agreement", "file": file("程序.exe")}
    answer = staff.post(f"/leads/{lead_id}/papers/new", data=data)
    assert answer.status_code == 422
    assert not kept_marks(answer)


def test_of_one_person_only_so_many_files_wait(staff, waiting_room):
    lead_id = registered(staff)
    for _ in range(waiting.MOST + 2):
        staff.post(f"/leads/{lead_id}/papers/new", data={"file": file()})
    assert len(list(waiting_room.iterdir())) == waiting.MOST


def test_a_kept_file_is_asked_for_again_after_an_hour(app, staff, monkeypatch):
    lead_id = registered(staff)
    address = f"/leads/{lead_id}/papers/new"
    refused = staff.post(address, data={"file": file()})
    monkeypatch.setattr(waiting, "MINUTES", -1)
    answer = staff.post(address, data={**read_form(refused), "kind": "agreement"})
    assert answer.status_code == 422
    assert "请重新选择" in answer.get_data(as_text=True)
