"""A kept export as the workbook and the JSON a bureau hands in, always in Chinese."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import force_locale

from crm.closing.rules import decisive
from crm.core.sheets import Value, workbook_bytes
from crm.core.web import mark, moment_text
from crm.leads import wording as leads_wording
from crm.quotas.rules import CountingEvent, Modality, Outcome, Reason, parse_criteria, read_reason
from crm.quotas.wording import criteria_text, reason_text, word

LEVELS = {"unit": "申报", "district": "区认定", "city": "市核定"}  # 原文
SUMMARY_HEAD = (
    "指标", "要求", "目标", "应达", "已签约", "其中待补佐证", "已注册", "已开工",  # 原文
    "申报", "区认定", "市核定", "计数方式", "认定条件",  # 原文
)  # fmt: skip
LEAD_HEAD = (
    "序号", "项目名称", "签约日期", "注册日期", "开工日期", "判定", "依据", "佐证材料", "认定级别",  # 原文
)  # fmt: skip


def workbook_of(export: Any, titles: Mapping[int, str]) -> bytes:
    """The .xlsx of an export. Leads that are not among `titles` stay without their name."""
    with force_locale("zh"):
        content = export.content
        sheets = [("汇总", list(_summary(export)))]  # 原文
        sheets += [
            (_sheet_name(quota["label"]), list(_leads(quota, titles)))
            for quota in content["quotas"]
        ]
        return workbook_bytes(sheets)


def _sheet_name(label: str) -> str:
    return "".join(char for char in label if char not in r"[]:*?/\\")[:31] or "指标"  # 原文


def _summary(export: Any) -> Iterator[Sequence[Value]]:
    content = export.content
    yield (f"{content['year']}年招商引资指标完成情况",)  # 原文
    yield (f"数据截至{content['on']}，口径为{moment_text(export.known_at)}已登记的情况",)  # 原文
    yield SUMMARY_HEAD
    for quota in content["quotas"]:
        recognised = quota["recognised"]
        yield (
            quota["label"],
            str(word(Modality(quota["modality"]))),
            quota["target"],
            quota["due"],
            quota["signed"],
            quota["pending"],
            quota["registered"],
            quota["started"],
            *(len(recognised.get(level, ())) for level in LEVELS),
            str(word(CountingEvent(quota["event"]))),
            criteria_text(parse_criteria(quota["criteria"])),
        )
    yield (f"重叠{content['overlap']}个，去重合计{content['distinct']}个",)  # 原文
    yield (f"导出：{export.taken_by}，{moment_text(export.taken_at)}",)  # 原文
    yield (f"校验码：{export.content_hash}",)  # 原文


def _leads(quota: Mapping[str, Any], titles: Mapping[int, str]) -> Iterator[Sequence[Value]]:
    yield (f"{quota['label']}：已签约{quota['signed']}个",)  # 原文
    yield LEAD_HEAD
    for number, lead in enumerate(quota["leads"], start=1):
        yield (
            number,
            _title(lead, titles),
            *(_day(lead[name]) for name in ("signed_from", "registered_from", "started_from")),
            _verdict(lead),
            "；".join(texts(lead)),  # 原文
            "；".join(papers(lead)),  # 原文
            "、".join(levels_of(quota, lead)) or None,  # 原文
        )


def _title(lead: Mapping[str, Any], titles: Mapping[int, str]) -> str:
    return str(lead["title"]) if lead["lead_id"] in titles else "敏感项目（不显示名称）"  # 原文


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _verdict(lead: Mapping[str, Any]) -> str:
    pending = lead["is_signed_pending"]
    return str(word(Outcome.PENDING if pending else Outcome(lead["verdict"])))


def reasons_of(lead: Mapping[str, Any]) -> tuple[Reason, ...]:
    """The reasons that carry the verdict of a kept lead."""
    reasons = [read_reason(data) for data in lead["reasons"]]
    return decisive(Outcome(lead["verdict"]), lead["branch"], reasons)


def texts(lead: Mapping[str, Any]) -> list[str]:
    """Why a kept lead counts, in words, each once."""
    return list(dict.fromkeys(reason_text(reason) for reason in reasons_of(lead)))


def papers(lead: Mapping[str, Any]) -> list[str]:
    """The papers behind the reasons, with source and day."""
    return list(dict.fromkeys(_paper(each) for each in reasons_of(lead) if each.document))


def _paper(reason: Reason) -> str:
    beside = [str(leads_wording.word(reason.source))] if reason.source else []
    beside += [reason.on.isoformat()] if reason.on else []
    if not beside:
        return str(reason.document)
    return f"{reason.document}{mark('（', ' (')}{mark('，', ', ').join(beside)}{mark('）', ')')}"


def levels_of(quota: Mapping[str, Any], lead: Mapping[str, Any]) -> list[str]:
    """The levels that had recognised a kept lead."""
    recognised = quota["recognised"]
    return [said for level, said in LEVELS.items() if lead["lead_id"] in recognised.get(level, ())]


def document_of(export: Any, titles: Mapping[int, str]) -> dict[str, Any]:
    """The JSON of an export: what is kept, with words, days and papers for every lead."""
    with force_locale("zh"):
        content = export.content
        return {
            "year": content["year"],
            "on": content["on"],
            "known_at": export.known_at.isoformat(),
            "taken_by": export.taken_by,
            "taken_at": export.taken_at.isoformat(),
            "sha256": export.content_hash,
            "overlap": content["overlap"],
            "distinct": content["distinct"],
            "quotas": [
                {
                    **{name: value for name, value in quota.items() if name != "leads"},
                    "criteria_text": criteria_text(parse_criteria(quota["criteria"])),
                    "leads": [
                        {
                            **lead,
                            "title": _title(lead, titles),
                            "reasons_text": texts(lead),
                            "papers": papers(lead),
                            "levels": levels_of(quota, lead),
                        }
                        for lead in quota["leads"]
                    ],
                }
                for quota in content["quotas"]
            ],
        }
