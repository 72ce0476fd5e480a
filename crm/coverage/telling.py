"""Why a company is a target, in words: one sentence a contribution, without a full stop.

What may be opened stands beside the sentence (`Behind`), so that a page can link it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask_babel import gettext as _

from crm.core.language import is_chinese
from crm.coverage.rules.scoring import (
    Contribution,
    Listed,
    QuotaFit,
    Refusal,
    Score,
    Talk,
    Term,
    Wanted,
    Weighed,
)
from crm.coverage.wording import word
from crm.enterprises.wording import weight_text
from crm.enterprises.wording import word as enterprise_word
from crm.leads.wording import word as lead_word
from crm.outlook.prognosis import points as chance_points
from crm.quotas.telling import subject
from crm.quotas.wording import day_text
from crm.quotas.wording.marks import listed, mark

MOST_TOLD = 3
"""So many rankings, anchor firms, needs of each and signs are told: a reason stays a sentence."""
OF_LEADS = (Term.IN_TALKS, Term.GROUP_IN_TALKS, Term.REFUSED)
"""What is told by the leads behind it, of which each reader may know another part."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A part of a reason; `lead_id` where the reader may open the lead."""

    text: str
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class ReasonTold:
    """A contribution in words. `sentence` is all of it; a page may show `head` and link `parts`."""

    code: Term
    points: int
    head: str
    parts: tuple[Behind, ...]

    @property
    def sentence(self) -> str:
        return f"{self.head}{listed(part.text for part in self.parts)}"

    @property
    def short(self) -> str:
        """What it is about, for a line of several."""
        return self.head.rstrip("：: ")

    @property
    def signed(self) -> str:
        """+25, 0, −30."""
        return f"{self.points:+d}".replace("-", "−") if self.points else "0"


def reasons_of(found: Score) -> tuple[ReasonTold, ...]:
    """Every contribution in words, in the order of the score."""
    return tuple(reason_told(each) for each in found.contributions)


def reason_told(each: Contribution) -> ReasonTold:
    parts = tuple(_parts(each))
    template = word(each.term)
    head = str(template) % {"what": ""} if parts else str(template)
    return ReasonTold(each.term, each.points, head, parts)


def brief_of(found: Score) -> str:
    """What speaks for it and against it in one paragraph: the remark of a lead made of it.

    Other leads are not named: whoever reads the new one may not know of them.
    """
    return mark("；", "; ").join(
        each.short if each.code in OF_LEADS else each.sentence
        for each in reasons_of(found)
        if each.points
    )


def _parts(each: Contribution) -> Iterator[Behind]:
    match each.term:
        case Term.LISTED:
            yield from (Behind(_listed(one)) for one in each.behind[:MOST_TOLD])
        case Term.ANCHOR_PARTNER | Term.ANCHOR_NEED:
            yield from _anchors(each.behind)
        case Term.SIGNALS:
            yield from _signals(each.behind)
        case Term.AFFILIATE:
            yield from (Behind(name) for name in each.behind)
        case Term.FITS_QUOTA:
            yield from (Behind(_quota(one)) for one in each.behind)
        case Term.IN_TALKS | Term.GROUP_IN_TALKS:
            yield from (Behind(_talk(one), one.lead_id) for one in each.behind)
        case Term.REFUSED:
            yield from (Behind(_refusal(one), one.lead_id) for one in each.behind)


def _bracketed(name: str, details: Iterable[Any]) -> str:
    """甲公司（乙、丙）; without details the name alone."""
    told = listed(str(each) for each in details if each)
    return f"{name}{mark('（', ' (')}{told}{mark('）', ')')}" if told else name


def place_text(name: str, name_en: str | None, year: int, rank: int | None) -> str:
    """A place on a ranking: 2026年中国企业500强第88位."""
    told = name_en if name_en and not is_chinese() else name
    if rank is None:
        return _("%(year)s年%(list)s", year=year, list=told)
    return _("%(year)s年%(list)s第%(rank)s位", year=year, list=told, rank=rank)


def _listed(one: Listed) -> str:
    place = place_text(one.name, one.name_en, one.year, one.rank)
    if one.holder is None:
        return place
    return _("%(holder)s在%(place)s", holder=one.holder, place=place)


def _anchors(needs: Iterable[Wanted]) -> Iterator[Behind]:
    """Each anchor firm once, with what it needs; the first of them."""
    by_anchor: dict[str, list[str]] = {}
    for need in needs:
        by_anchor.setdefault(need.anchor, []).append(need.description)
    for anchor, descriptions in islice(by_anchor.items(), MOST_TOLD):
        yield Behind(_bracketed(anchor, islice(dict.fromkeys(descriptions), MOST_TOLD)))


def _signals(signs: tuple[Weighed, ...]) -> Iterator[Behind]:
    """The newest signs, each with what it weighs, so that the points can be added up by hand."""
    for sign, weight in signs[:MOST_TOLD]:
        told = f"{day_text(sign.on)}{mark('', ', ')}{enterprise_word(sign.kind)}"
        yield Behind(_bracketed(told, [_("分量%(weight)s", weight=weight_text(weight))]))
    if len(signs) > MOST_TOLD:
        rest = sum(each.weight for each in signs[MOST_TOLD:])
        yield Behind(
            _(
                "更早的%(n)s条（分量合计%(weight)s）",
                n=len(signs) - MOST_TOLD,
                weight=weight_text(rest),
            )
        )


def _quota(one: QuotaFit) -> str:
    """What one more would add is told where a forecast tells it."""
    name = subject(one.label, one.label_en)
    if one.gain is None:
        return name
    return _("%(quota)s（再计入1个，完成把握%(gain)s）", quota=name, gain=chance_points(one.gain))


def _talk(one: Talk) -> str:
    if one.lead_id is not None and one.title is not None:
        return _bracketed(one.title, [lead_word(one.stage), one.unit])
    return _ask(one.unit)


def _refusal(one: Refusal) -> str:
    if one.lead_id is None or one.title is None:
        return _ask(one.unit)
    reason = lead_word(one.reason) if one.reason else None
    return _bracketed(one.title, [reason, day_text(one.on) if one.on else None])


def _ask(unit: str | None) -> str:
    """As the search before entry says it (`leads.access.masked_hits`)."""
    return _("请联系%(unit)s", unit=unit) if unit else _("请联系局领导")
