"""以商招商: for a local anchor firm, what is missing around it, as a list to take to the visit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, render_template, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.chains import access
from crm.chains.queries import anchors as queries
from crm.chains.queries import chains
from crm.chains.queries.anchors import Visit
from crm.chains.rules.neighbours import Call, questions
from crm.chains.rules.presence import output_by_year
from crm.chains.views import bp
from crm.chains.views.asking import listed, number_asked
from crm.chains.views.workbooks import wan, workbook
from crm.chains.wording import named, placed, side_words, word
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.guard import allow
from crm.core.language import numbered
from crm.core.sheets import Value
from crm.core.uploads import XLSX
from crm.core.web import mark
from crm.coverage.queries.facts import landed_at
from crm.coverage.queries.known import dismissed, settled
from crm.enterprises.wording import region_words
from crm.places.queries import district_code


@dataclass(frozen=True, slots=True)
class Asked:
    """A segment of the call list in words."""

    call: Call
    code: str
    chain: str
    segment: str
    lies: str | None
    """直接上游 and the like; None where only a need names the segment."""
    through: list[str]
    products: list[str]
    needs: list[Any]
    here: list[str]
    """Local firms at the segment, and how many leads registered there: a need may be met by them."""
    named: list[str]
    questions: list[str]

    @property
    def place(self) -> str:
        return placed(self.chain, self.segment)


@bp.get("/anchors")
@allow(*access.FIRM_READERS)
def anchors() -> ResponseReturnValue:
    chain_id = number_asked("chain")
    return render_template(
        "chains/anchors.html",
        rows=queries.anchors(chain_id, landed_at()),
        chain_id=chain_id,
        chain_choices=[(row.id, named(row.name, row.name_en)) for row in chains()],
        named=named,
        word=word,
        may_keep=access.may_keep_firms(g.actor),
    )


@bp.get("/anchors/<int:enterprise_id>")
@allow(*access.FIRM_READERS)
def anchor(enterprise_id: int) -> ResponseReturnValue:
    found, asked = _asked(enterprise_id)
    return render_template(
        "chains/anchor.html",
        company=found.enterprise,
        places=found.places,
        outputs=output_by_year((row.output_yuan, row.output_year) for row in found.places),
        asked=asked,
        named=named,
        word=word,
        numbered=numbered,
        may_keep=access.may_keep_firms(g.actor),
    )


@bp.get("/anchors/<int:enterprise_id>/visit.xlsx")
@allow(*access.FIRM_READERS)
def anchor_file(enterprise_id: int) -> ResponseReturnValue:
    """The call list as a workbook with room to write."""
    found, asked = _asked(enterprise_id)
    head: list[Value] = [
        _("序号"), _("产业链"), _("环节"), _("位置"), _("往来产品"), _("清单需求"),
        _("年金额（万元）"), _("现有或意向合作方"), _("本区已有企业"), _("可以问到的企业"),
        _("要问的问题"), _("走访记录"),
    ]  # fmt: skip
    rows = [head, *(_cells(place, each) for place, each in enumerate(asked, 1))]
    title = _("以商招商走访提纲")
    out = workbook([(title, (6, 18, 24, 12, 20, 36, 14, 24, 30, 36, 48, 40), rows)])
    name = f"{title}_{found.enterprise.name}_{clock.today():%Y%m%d}.xlsx"
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=name)


def _visit(enterprise_id: int, landed: Mapping[int, int]) -> Visit:
    found = queries.visit(enterprise_id, landed)
    if found is None:
        raise NotFound
    return found


def _asked(enterprise_id: int) -> tuple[Visit, list[Asked]]:
    """The call list with the companies to ask about, who are targets of their segments, too."""
    landed = landed_at()
    found = _visit(enterprise_id, landed)
    ids = [call.segment_id for call in found.calls]
    named = queries.likely_companies(
        ids, settled(ids) | dismissed(ids, clock.today()), district_code()
    )
    return found, [
        _in_words(found, call, landed.get(call.segment_id, 0), named.get(call.segment_id, ()))
        for call in found.calls
    ]


def _in_words(found: Visit, call: Call, landed: int, companies: Sequence[Any]) -> Asked:
    here = found.segments[call.segment_id]
    needs = [found.needs[need_id] for need_id in call.need_ids]
    around = call.neighbour
    return Asked(
        call,
        here.code,
        named(here.chain, here.chain_en),
        _segment(here),
        side_words(around) if around else None,
        [_segment(found.segments[each]) for each in around.via] if around else [],
        list(around.products) if around else [],
        needs,
        [*found.here.get(call.segment_id, ()), *_landed_words(landed)],
        [_company(row) for row in companies],
        [str(word(each)) for each in questions(around, [queries.as_need(row) for row in needs])],
    )


def _landed_words(landed: int) -> list[str]:
    return [_("已注册的项目%(n)s个", n=landed)] if landed else []


def _segment(row: Any) -> str:
    """Rows of needs call the name of their segment `segment`."""
    fields = row._mapping
    if "segment" in fields:
        return named(fields["segment"], fields["segment_en"])
    return named(fields["name"], fields["name_en"])


def _company(row: Any) -> str:
    region = region_words(row.region_code)
    return row.name + (mark(f"（{region}）", f" ({region})") if region else "")


def _cells(place: int, each: Asked) -> list[Value]:
    needs, amount = each.needs, each.call.amount_yuan
    return [
        place,
        each.chain,
        each.segment,
        each.lies,
        listed(each.products) or None,
        "\n".join(f"{word(row.kind)}{mark('：', ': ')}{row.description}" for row in needs) or None,
        None if amount is None else wan(amount),
        listed([row.partner for row in needs if row.partner]) or None,
        listed(each.here) or None,
        listed(each.named) or None,
        "\n".join(each.questions),
        None,
    ]
