"""Projects on their way through the levels, as tests need them: through the services."""

from datetime import UTC, date, datetime

from crm.core.db import db
from crm.leads.rules import MilestoneKind
from crm.quotas.models import Quota
from crm.recognition import services
from crm.recognition.models import RecognitionBatch
from crm.recognition.rules import Decided, Level
from crm.recognition.services import NewBatch
from tests.features.quota_leads import AT, TODAY, YI, add_milestone, add_signed, judge_again

YEAR = 2026
MEETING = date(2026, 11, 20)
LATER = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def quota(code, year=YEAR) -> Quota:
    return db.session.query(Quota).filter_by(year=year, code=code).one()


def add_registered(title="项目", yuan=6 * YI, **columns):
    """Signed and registered with papers: it counts and has reached the counting event."""
    lead = add_signed(title, yuan, **columns)
    add_milestone(lead, MilestoneKind.REGISTERED, date(2026, 11, 1), document="营业执照")
    judge_again(lead)
    return lead


def batch(director, level=Level.DISTRICT, on=MEETING, number="招组〔2026〕3号") -> RecognitionBatch:
    return services.open_batch(
        director, AT, YEAR, level, NewBatch(f"{level}第一批", on, document_number=number)
    )


def propose(actor, lead, code="B"):
    return services.propose(actor, AT, lead.id, quota(code).id, today=TODAY)


def decide(actor, lead, level=Level.DISTRICT, decided=Decided.APPROVED, code="B", at=AT, **more):
    return services.decide(
        actor, at, lead.id, quota(code).id, level, decided, today=TODAY, **more
    )  # fmt: skip


def through_unit(staff, head, lead, code="B"):
    propose(staff, lead, code)
    decide(head, lead, Level.UNIT, code=code)
