"""What changes quotas and verdicts."""

from crm.quotas.services.dividing import Shares, divide, switch_ranking
from crm.quotas.services.judging import differences, rejudge, rejudge_all, rejudge_quota
from crm.quotas.services.last_year import PastFigures, type_last_year
from crm.quotas.services.pacing import Pacing, change_pacing
from crm.quotas.services.planning import Plan, change_plan
from crm.quotas.services.presets import load_preset
from crm.quotas.services.reporting import NewReport, report
from crm.quotas.services.staging import (
    forget_old_trials,
    stage_chunk,
    waiting_judgings,
)
from crm.quotas.services.versions import (
    Signature,
    ask_for_trial,
    criteria_faults,
    discard,
    draft,
    finish,
    publish,
    save_draft,
    take_effect,
    withdraw,
)

__all__ = [
    "NewReport",
    "Pacing",
    "PastFigures",
    "Plan",
    "Shares",
    "Signature",
    "ask_for_trial",
    "change_pacing",
    "change_plan",
    "criteria_faults",
    "differences",
    "discard",
    "divide",
    "draft",
    "finish",
    "forget_old_trials",
    "load_preset",
    "publish",
    "rejudge",
    "rejudge_all",
    "rejudge_quota",
    "report",
    "save_draft",
    "stage_chunk",
    "switch_ranking",
    "take_effect",
    "type_last_year",
    "waiting_judgings",
    "withdraw",
]
