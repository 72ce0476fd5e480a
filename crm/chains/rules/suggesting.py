"""Where on the chains a company belongs, told by its words and its industry code.

Every point of a score rests on one word or one code that a person can read. The parts add up to 100:

    name     a segment's words in the company's name                 at most NAME_MOST
    scope    its words in the registered scope (经营范围); the first    at most SCOPE_MOST
             item is what the company mainly does and counts more
    code     its GB/T 4754-2017 code, the more digits the more       at most CODE_MOST

A longer word hides the shorter ones inside it: 电池隔膜 says nothing of 电池. Of a scope, what it
excludes in brackets (不含…) is not read, what is only sold counts half, and what nearly every scope
carries (SIDELINES) counts where it comes first alone. A suggestion is a proposal: a person confirms it.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from crm.chains.rules.kinds import FitBasis

NAME_MOST, SCOPE_MOST, CODE_MOST = 45, 40, 15
NAME_WORD, NAME_LETTER = 30, 5  # a word of two characters, and each one more
FIRST_WORD, FIRST_LETTER = 18, 4
SCOPE_WORD, SCOPE_LETTER = 10, 3
CODE_POINTS = {2: 4, 3: 8, 4: 15}
"""Points for a code of so many digits; half where more than WIDELY_SHARED segments have it."""
WIDELY_SHARED = 3
LEAST_SCORE = 14
"""Below it a likeness is chance: one short word among many items, or a code half a chain shares.
Measured on labelled companies: docs/chains.md."""

SIDELINES = (
    "技术服务", "技术开发", "技术咨询", "技术交流", "技术转让", "技术推广", "技术进出口",
    "货物进出口", "进出口代理", "软件开发", "软件销售", "信息系统集成服务", "信息技术咨询服务",
    "数据处理服务", "企业管理咨询", "市场营销策划", "会议及展览服务", "广告制作", "广告发布",
    "广告设计", "物业管理", "房地产租赁", "房屋租赁", "机械设备租赁", "仓储服务", "国内贸易",
    "以自有资金从事投资活动", "互联网销售",
)  # fmt: skip
"""What companies of every trade have registered beside their own: the items of the registry's
catalogue (经营范围规范表述) that tell nothing of where on a chain a company stands."""

_SHORTEST = 2
_EXCLUDED = re.compile(r"\((?:[^()]*(?:不含|除外|不得|不包括|不涉及)[^()]*)\)")
_HEADING = re.compile(r"^(?:经营范围|一般(?:经营)?项目|许可(?:经营)?项目)\s*:\s*")
_ITEM = re.compile(r"[^;。,、]+")
_SIDELINE = re.compile("|".join(SIDELINES))
_SOLD = re.compile(r"(?:销售|批发|零售|经销|代理)$")
_MADE = re.compile(r"制造|生产|加工|研发|研制|开发|设计")


class FoundIn(StrEnum):
    """Where the word or code stands that speaks for a segment."""

    NAME = "name"  # 名称
    SCOPE = "scope"  # 经营范围
    CODE = "code"  # 行业代码


@dataclass(frozen=True, slots=True)
class CompanyText:
    name: str
    scope: str | None = None  # 经营范围
    industry_code: str | None = None  # GB/T 4754-2017, with or without the letter of its section


@dataclass(frozen=True, slots=True)
class SegmentTerms:
    segment_id: int
    keywords: tuple[str, ...] = ()
    industry_codes: tuple[str, ...] = ()  # codes, or beginnings of codes


@dataclass(frozen=True, slots=True)
class Match:
    found_in: FoundIn
    term: str
    points: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A segment a company may belong to; the points of its matches make its score."""

    segment_id: int
    matches: tuple[Match, ...]

    @property
    def score(self) -> int:
        """0 to 100."""
        return sum(match.points for match in self.matches)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(each.term for each in self.matches if each.found_in is not FoundIn.CODE)
        )

    @property
    def code(self) -> str | None:
        return next((each.term for each in self.matches if each.found_in is FoundIn.CODE), None)

    @property
    def basis(self) -> FitBasis:
        if not self.words:
            return FitBasis.INDUSTRY_CODE
        return FitBasis.BOTH if self.code else FitBasis.KEYWORD


def reworded(
    before: Mapping[int, SegmentTerms], after: Mapping[int, SegmentTerms]
) -> tuple[SegmentTerms, ...]:
    """The words and codes by which segments are known now and were not before, or the other way round.

    By segment; one that came or went has all of its own.
    """
    found = []
    for segment_id in sorted(before.keys() | after.keys()):
        one, other = (each.get(segment_id, SegmentTerms(segment_id)) for each in (before, after))
        words = set(one.keywords) ^ set(other.keywords)
        codes = set(one.industry_codes) ^ set(other.industry_codes)
        if words or codes:
            found.append(SegmentTerms(segment_id, tuple(sorted(words)), tuple(sorted(codes))))
    return tuple(found)


class Matcher:
    """The words and codes of all segments, made ready once for any number of companies."""

    def __init__(self, segments: Iterable[SegmentTerms]) -> None:
        by_word: dict[str, set[int]] = defaultdict(set)
        self._by_code: dict[str, set[int]] = defaultdict(set)
        for segment in segments:
            for keyword in segment.keywords:
                if len(word := _plain(keyword)) >= _SHORTEST:
                    by_word[word].add(segment.segment_id)
            for code in segment.industry_codes:
                if bare := _bare(code):
                    self._by_code[bare].add(segment.segment_id)
        self._segments = dict(by_word)
        starts: dict[str, list[str]] = defaultdict(list)
        for word in by_word:
            starts[word[:_SHORTEST]].append(word)
        self._starts = {
            start: sorted(words, key=lambda word: (-len(word), word))
            for start, words in starts.items()
        }

    def suggest(self, company: CompanyText) -> tuple[Suggestion, ...]:
        """The segments a company may belong to: the highest score first, then the lowest id."""
        found: dict[int, dict[FoundIn, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
        for word in self._words_in(_plain(company.name)):
            self._note(found, FoundIn.NAME, word, NAME_WORD + NAME_LETTER * (len(word) - _SHORTEST))
        for item, is_first in _items(company.scope or ""):
            is_sold = not is_first and _SOLD.search(item) and not _MADE.search(item)
            for word in self._words_in(item):
                base, letter = (
                    (FIRST_WORD, FIRST_LETTER) if is_first else (SCOPE_WORD, SCOPE_LETTER)
                )
                points = base + letter * (len(word) - _SHORTEST)
                if is_sold and not _SOLD.search(word):
                    points //= 2
                self._note(found, FoundIn.SCOPE, word, points)
        for segment_id, code, points in self._codes_of(company.industry_code):
            found[segment_id][FoundIn.CODE][code] = points
        suggestions = [
            Suggestion(segment_id, tuple(_limited(places))) for segment_id, places in found.items()
        ]
        return tuple(
            sorted(
                (each for each in suggestions if each.score >= LEAST_SCORE),
                key=lambda each: (-each.score, each.segment_id),
            )
        )

    def may_concern(self, company: CompanyText) -> bool:
        """Whether a word stands anywhere in its texts, or a code fits: quicker than to suggest.

        False only for a company of which `suggest` finds nothing.
        """
        text = f"{_plain(company.name)}\n{_EXCLUDED.sub('', _plain(company.scope or ''))}"
        return any(word in text for word in self._segments) or any(
            self._codes_of(company.industry_code)
        )

    def _note(
        self,
        found: dict[int, dict[FoundIn, dict[str, int]]],
        place: FoundIn,
        word: str,
        points: int,
    ) -> None:
        for segment_id in self._segments[word]:
            words = found[segment_id][place]
            words[word] = max(points, words.get(word, 0))

    def _words_in(self, text: str) -> Iterator[str]:
        """The words in a text, in its order; none that stands inside a longer one."""
        reach = 0
        for place in range(len(text) - 1):
            for word in self._starts.get(text[place : place + _SHORTEST], ()):
                end = place + len(word)
                if end > reach and text.startswith(word, place) and _stands_alone(text, place, end):
                    reach = end
                    yield word
                    break

    def _codes_of(self, code: str | None) -> Iterator[tuple[int, str, int]]:
        """(segment, code, points): for each segment the longest of its codes the company's begins with."""
        bare, seen = _bare(code or ""), set[int]()
        for length in range(min(len(bare), max(CODE_POINTS)), min(CODE_POINTS) - 1, -1):
            segments = self._by_code.get(bare[:length], set())
            for segment_id in segments - seen:
                yield segment_id, bare[:length], _shared(CODE_POINTS[length], len(segments))
            seen |= segments


def _items(scope: str) -> Iterator[tuple[str, bool]]:
    """The items of a scope, and whether each is the first one: what the company mainly does."""
    is_first = True
    for place, found in enumerate(_ITEM.finditer(_EXCLUDED.sub("", _plain(scope)))):
        item = _HEADING.sub("", found[0].strip())
        if not _SIDELINE.search(item):
            yield item, is_first
            is_first = False
        elif place == 0:
            yield item, True


def _limited(places: dict[FoundIn, dict[str, int]]) -> Iterator[Match]:
    """The matches of one segment, each part within its limit, the weightiest first."""
    for place, most in (
        (FoundIn.NAME, NAME_MOST),
        (FoundIn.SCOPE, SCOPE_MOST),
        (FoundIn.CODE, CODE_MOST),
    ):
        left = most
        for term, points in sorted(
            places.get(place, {}).items(), key=lambda each: (-each[1], each[0])
        ):
            if left:
                yield Match(place, term, min(points, left))
                left -= min(points, left)


def _shared(points: int, segments: int) -> int:
    return points // 2 if segments > WIDELY_SHARED else points


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a Latin word is not the middle of a longer one: CT is not in CTO. 中文 always is."""
    return not (
        (_is_latin(text[start]) and start > 0 and _is_latin(text[start - 1]))
        or (_is_latin(text[end - 1]) and end < len(text) and _is_latin(text[end]))
    )


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _bare(code: str) -> str:
    """A code's digits, without the letter of its section: C3985 is 3985."""
    return code.strip().lstrip("ABCDEFGHIJKLMNOPQRSTabcdefghijklmnopqrst")
