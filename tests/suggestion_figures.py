"""How well suggestions meet the labelled companies, as docs/chains.md reports it.

`python -m tests.suggestion_figures` prints the table anew.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from crm.chains.rules.suggesting import CompanyText, Matcher, SegmentTerms

ROOT = Path(__file__).resolve().parents[1]
HEAD = (
    "| what is read | half | first: precision | first: recall | first three: precision "
    "| first three: recall |",
    "|---|---|---|---|---|---|",
)
TUNED_ON, JUDGED_BY = "odd, tuned on", "even, judged by"
AROUND = (
    # What the registry writes into every scope (经营范围规范表述), …
    "一般项目：技术服务、技术开发、技术咨询、技术交流、技术转让、技术推广；{}；软件开发；信息系统集成服务；"
    "企业管理咨询；会议及展览服务；广告发布；物业管理；非居住房地产租赁；仓储服务；日用百货销售；"
    # … and a dozen side-lines of its catalogue that companies of many trades have themselves registered for.
    "新材料技术研发；电子元器件零售；机械电气设备销售；金属材料销售；建筑材料销售；五金产品零售；仪器仪表销售；"
    "计算机软硬件及辅助设备零售；供应链管理服务；工业互联网数据服务；人工智能应用软件开发；第二类医疗器械销售；"
    "化工产品销售（不含危险化学品）；货物进出口。（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）"
)


def plain(company: CompanyText) -> CompanyText:
    return company


def padded(company: CompanyText) -> CompanyText:
    return CompanyText(company.name, AROUND.format(company.scope), company.industry_code)


def name_alone(company: CompanyText) -> CompanyText:
    return CompanyText(company.name)


READ = (
    ("name, scope, code", plain),
    ("the same among the usual side-lines", padded),
    ("the name alone", name_alone),
)


def table() -> Iterator[str]:
    """The lines of the table; the even rows, which nobody tuned on, stand out."""
    yield from HEAD
    for words, read in READ:
        for half, rows in ((TUNED_ON, labelled()[0::2]), (JUDGED_BY, labelled()[1::2])):
            first_right, first_found, three_right, three_found = measured(read, rows)
            judged = "**" if half == JUDGED_BY else ""
            yield " | ".join(
                (
                    f"| {words if half == TUNED_ON else ''}",
                    half if read is plain else half.partition(",")[0],
                    f"{judged}{first_right:.1f} %{judged}",
                    f"{judged}{first_found:.1f} %{judged}",
                    f"{three_right:.1f} %",
                    f"{three_found:.1f} % |",
                )
            ).replace("|  |", "| |")


def measured(
    read: Callable[[CompanyText], CompanyText], rows: Sequence[tuple[CompanyText, set[str]]]
) -> tuple[float, float, float, float]:
    """Per cent: precision and recall of the first suggestion, and of the first three."""
    codes, matcher = _matcher()
    answers = [
        ([codes[each.segment_id] for each in matcher.suggest(read(company))[:3]], right)
        for company, right in rows
    ]
    answered = [(given, right) for given, right in answers if given]
    hits = sum(given[0] in right for given, right in answered)
    among_three = sum(len(right & set(given)) for given, right in answered)
    return (
        100 * hits / len(answered),
        100 * hits / sum(bool(right) for _, right in answers),
        100 * among_three / sum(len(given) for given, _ in answered),
        100 * among_three / sum(len(right) for _, right in answers),
    )


@lru_cache(1)
def labelled() -> list[tuple[CompanyText, set[str]]]:
    """(company, codes of the segments the taxonomy names it at): listed companies and outsiders."""
    path = ROOT / "tests" / "fixtures" / "segment_labels.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (
                CompanyText(row["name"], row["scope"], row["industry_code"]),
                set(row["segments"].split()),
            )
            for row in csv.DictReader(file)
        ]


@lru_cache(1)
def _matcher() -> tuple[list[str], Matcher]:
    path = ROOT / "crm" / "presets" / "tianqiao" / "chains.json"
    taxonomy = json.loads(path.read_text(encoding="utf-8"))
    chains = [*taxonomy["chains"], *taxonomy["future_tracks"]]
    segments = [part for chain in chains for part in chain["segments"]]
    terms = [
        SegmentTerms(n, tuple(part["keywords"]), tuple(part["industry_codes"]))
        for n, part in enumerate(segments)
    ]
    return [part["code"] for part in segments], Matcher(terms)


if __name__ == "__main__":
    sys.stdout.write("\n".join((*table(), "")))
