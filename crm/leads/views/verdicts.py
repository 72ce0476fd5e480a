"""What the quotas say of one lead, in words, and how far its recognition is."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.quotas.telling import Told, told
from crm.recognition.queries import Said, reviews_said, said_of_lead
from crm.recognition.rules import Level
from crm.recognition.wording import TONES, word


@dataclass(frozen=True, slots=True)
class LevelTold:
    """What a level said: its word and the badge of its decision; `to_review`: 待复核."""

    level: str
    decided: str
    tone: str
    icon: str | None
    on: date | None
    to_review: bool = False


@dataclass(frozen=True, slots=True)
class LeadVerdict:
    """The verdict on a quota with all its reasons, each level's word, and the page of the case."""

    told: Told
    levels: tuple[LevelTold, ...]
    case_href: str


def verdict_entries(lead_id: int, rows: Sequence[Any], today: date) -> Iterator[LeadVerdict]:
    """Each quota's verdict and recognition; another year's is marked with the year.

    `rows` as `quotas.queries.verdicts_of` returns them.
    """
    said = said_of_lead(lead_id, rows[0].year) if rows else {}
    again = {each.decision_id for each in reviews_said(rows[0].year, said)} if said else set()
    for row in rows:
        each = told(row, url_for("quotas.detail", year=row.year, code=row.code))
        if row.year != today.year:
            each = replace(each, subject=f"{row.year} {each.subject}")
        levels = said.get((lead_id, row.quota_id), {})
        yield LeadVerdict(
            each,
            tuple(_told_level(level, levels.get(level), again) for level in Level),
            url_for("recognition.case", lead_id=lead_id, quota_id=row.quota_id),
        )


def _told_level(level: Level, said: Said | None, again: Collection[int]) -> LevelTold:
    if said is None:
        return LevelTold(str(word(level)), _("未作决定"), "", "circle-dashed", None)
    tone, icon = TONES[said.decided]
    return LevelTold(
        str(word(level)), str(word(said.decided)), tone, icon, said.on, said.id in again
    )
