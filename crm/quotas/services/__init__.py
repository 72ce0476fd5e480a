"""What changes quotas and verdicts."""

from crm.quotas.services.judging import differences, rejudge, rejudge_all
from crm.quotas.services.presets import load_preset

__all__ = ["differences", "load_preset", "rejudge", "rejudge_all"]
