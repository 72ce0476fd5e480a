"""What changes quotas and verdicts."""

from crm.quotas.services.judging import differences, rejudge, rejudge_all, rejudge_quota
from crm.quotas.services.planning import Plan, change_plan
from crm.quotas.services.presets import load_preset
from crm.quotas.services.versions import (
    Signature,
    criteria_faults,
    discard,
    draft,
    publish,
    save_draft,
    take_effect,
)

__all__ = [
    "Plan",
    "Signature",
    "change_plan",
    "criteria_faults",
    "differences",
    "discard",
    "draft",
    "load_preset",
    "publish",
    "rejudge",
    "rejudge_all",
    "rejudge_quota",
    "save_draft",
    "take_effect",
]
