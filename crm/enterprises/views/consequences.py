"""What a change of a company does to the leads above it, in the same transaction."""

from collections.abc import Collection
from datetime import datetime

from crm.core import clock
from crm.leads.services.marks import refresh_search_text
from crm.quotas.facts import leads_of_enterprises
from crm.quotas.services import rejudge


def judge_again(lead_ids: Collection[int], at: datetime) -> None:
    """Stored verdicts follow the facts they were judged by."""
    rejudge(lead_ids, today=clock.today(), at=at)


def after_change_of(enterprise_id: int, at: datetime) -> None:
    """Names, code, parent or ranking changed: leads are found by the new words and judged again."""
    after_changes_of([enterprise_id], at)


def after_changes_of(enterprise_ids: Collection[int], at: datetime) -> None:
    """As `after_change_of`, of many companies at once."""
    refresh_search_text(enterprise_ids)
    judge_again(leads_of_enterprises(enterprise_ids), at)
