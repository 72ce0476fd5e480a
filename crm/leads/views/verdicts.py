"""What the quotas say of one lead, in words."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from crm.quotas.queries import verdicts_of
from crm.quotas.rules import Outcome, Reason, read_reason
from crm.quotas.wording import label_text, reason_text


def verdict_entries(lead_id: int, today: date) -> Iterator[dict[str, Any]]:
    """Each quota's verdict with all its reasons, what stands in the way first."""
    for row in verdicts_of(lead_id, today.year):
        reasons = [read_reason(each) for each in row.reasons]
        label = str(label_text(row.label))
        yield {
            "outcome": row.verdict.value,
            "subject": label if row.year == today.year else f"{row.year} {label}",
            "reasons": [
                {"passed": reason.passed, "text": reason_text(reason)}
                for reason in sorted(reasons, key=lambda each: _weight(each, row.verdict))
            ],
        }


def _weight(reason: Reason, outcome: Outcome) -> int:
    """Of a lead that counts, what it meets comes first; of any other, what it does not."""
    order = (True, None, False) if outcome is Outcome.COUNTS else (False, None, True)
    return order.index(reason.passed)
