"""What quotas say: codes, criteria, verdicts and reasons, figures, and the line to read out."""

from crm.quotas.wording.codes import FIELD, WORDS, word
from crm.quotas.wording.criteria import criteria_text, exclusions_text
from crm.quotas.wording.figures import (
    BASES,
    divided_text,
    figure_text,
    growth_text,
    label_text,
    pace_text,
    percent_text,
    reported_name,
    target_text,
    typed_text,
)
from crm.quotas.wording.lines import one_line
from crm.quotas.wording.marks import day_text, listed, month_text, months_text
from crm.quotas.wording.reasons import reason_text

__all__ = [
    "BASES",
    "FIELD",
    "WORDS",
    "criteria_text",
    "day_text",
    "divided_text",
    "exclusions_text",
    "figure_text",
    "growth_text",
    "label_text",
    "listed",
    "month_text",
    "months_text",
    "one_line",
    "pace_text",
    "percent_text",
    "reason_text",
    "reported_name",
    "target_text",
    "typed_text",
    "word",
]
