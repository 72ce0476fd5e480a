"""A chain's map as an SVG picture, drawn from plain values: for slides, papers and print.

Fonts stand by family name, so whoever opens the picture needs none of ours. Every status has its
colour, its sign and its word. Lengths are in pixels; text is measured in ems, a Chinese character one.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from crm.coverage.rules.status import Status

FONTS = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',sans-serif"

WIDTH = 1480
MARGIN, GUTTER, GAP = 40, 90, 10
HEAD = 118
NAME_SIZES = {1: 12, 2: 13, 3: 14, 4: 15.5, 5: 17}
"""By weight: what matters more is written larger."""
SMALL = 12
INDENT = 18
PADDING = 9
SIGN = 22

INKS: Mapping[Status, tuple[str, str, str]] = {
    Status.GAP: ("#fdecea", "#b42a22", "#951f18"),
    Status.WEAK: ("#fdf2dc", "#b77a0c", "#7a4b00"),
    Status.HAS: ("#e6f4ec", "#5aa67d", "#155c38"),
    Status.STRONG: ("#1a7044", "#1a7044", "#ffffff"),
    Status.NOT_SOUGHT: ("#f1f2f4", "#a9aeb8", "#4a4f5a"),
}
"""Ground, edge and words of each status."""

SIGNS: Mapping[Status, str] = {
    Status.GAP: '<circle cx="7" cy="7" r="6" stroke-dasharray="2.6 2"/>',
    Status.WEAK: '<path d="M7 1 13.4 12.6H.6Z M7 5.4v3.2 M7 10.4v.4"/>',
    Status.HAS: '<path d="M1.5 7.5 5.4 11.4 12.6 3"/>',
    Status.STRONG: '<circle cx="7" cy="7" r="6"/><path d="M4 7.3 6.2 9.5 10 5"/>',
    Status.NOT_SOUGHT: '<circle cx="7" cy="7" r="6"/><path d="M2.8 2.8 11.2 11.2"/>',
}
"""In a box of 14 by 14."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A segment to draw: `line` are its counts in words, `depth` how far down its tree it stands."""

    code: str
    name: str
    status: Status
    word: str
    line: str = ""
    weight: int = 3
    depth: int = 0
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    boxes: Sequence[Drawn]


@dataclass(frozen=True, slots=True)
class _Placed:
    box: Drawn
    x: float
    y: float
    width: float
    height: float
    lines: Sequence[str]
    size: float


def draw(
    title: str,
    note: str,
    columns: Sequence[Column],
    links: Iterable[tuple[str, str]] = (),
    legend: Sequence[tuple[Status, str, int]] = (),
) -> str:
    """The picture. `links` name the codes of two segments, the giver first; unknown ones are left out."""
    count = max(len(columns), 1)
    width = (WIDTH - 2 * MARGIN - (count - 1) * GUTTER) / count
    placed: dict[str, _Placed] = {}
    bottom = float(HEAD)
    for place, column in enumerate(columns):
        y = float(HEAD)
        for box in column.boxes:
            each = _placed(box, MARGIN + place * (width + GUTTER), y, width)
            placed[box.code] = each
            y += each.height + GAP
        bottom = max(bottom, y)
    height = round(bottom + MARGIN)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="{FONTS}" role="img" '
        f"aria-label={quoteattr(_printable(title))}>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *_title(title, WIDTH - 2 * MARGIN - _legend_width(legend)),
        _text(MARGIN, 70, note, 13, "#636975"),
        *_legend(legend),
    ]
    for place, column in enumerate(columns):
        x = MARGIN + place * (width + GUTTER)
        parts.append(_text(x, HEAD - 12, column.title, 15, "#4a4f5a", bold=True))
    parts += _lines(placed, links)
    for each in placed.values():
        parts += _box(each)
    return "".join([*parts, "</svg>"])


def em_width(character: str) -> float:
    """How wide a character stands: one em for Chinese, some half of it for Latin."""
    return 1.0 if unicodedata.east_asian_width(character) in {"W", "F", "A"} else 0.56


def wrapped(text: str, ems: float) -> list[str]:
    """Lines of at most so many ems; Latin words stay whole unless one alone is too long."""
    lines, line, used = [], "", 0.0
    for word in _words(text):
        need = sum(map(em_width, word))
        if used + need <= ems:
            line, used = line + word, used + need
            continue
        if line.strip():
            lines.append(line.strip())
        line, used = "", 0.0
        for character in word.lstrip():
            if used + em_width(character) > ems and line:
                lines.append(line)
                line, used = "", 0.0
            line, used = line + character, used + em_width(character)
    if line.strip():
        lines.append(line.strip())
    return lines or [""]


def _words(text: str) -> Iterator[str]:
    """Chinese by the character, anything else by the word with the space after it."""
    word = ""
    for character in text:
        if em_width(character) == 1:
            if word:
                yield word
                word = ""
            yield character
            continue
        word += character
        if character.isspace():
            yield word
            word = ""
    if word:
        yield word


def _placed(box: Drawn, x: float, y: float, width: float) -> _Placed:
    inset = min(box.depth, 4) * INDENT
    size = NAME_SIZES.get(box.weight, NAME_SIZES[3])
    lines = wrapped(box.name, (width - inset - 2 * PADDING - SIGN) / size)
    height = 2 * PADDING + len(lines) * size * 1.3 + SMALL * 1.5
    return _Placed(box, x + inset, y, width - inset, height, lines, size)


def _box(placed: _Placed) -> Iterator[str]:
    box = placed.box
    ground, edge, ink = INKS[box.status]
    dashes = ' stroke-dasharray="5 3"' if box.status is Status.GAP else ""
    yield (
        f'<rect x="{placed.x:.1f}" y="{placed.y:.1f}" width="{placed.width:.1f}" '
        f'height="{placed.height:.1f}" rx="6" fill="{ground}" stroke="{edge}" '
        f'stroke-width="{2 if box.is_key else 1}"{dashes}/>'
    )
    yield _sign(box.status, placed.x + PADDING, placed.y + PADDING + 1, ink)
    y = placed.y + PADDING + placed.size
    for line in placed.lines:
        yield _text(placed.x + PADDING + SIGN, y, line, placed.size, ink, bold=True)
        y += placed.size * 1.3
    y = placed.y + placed.height - PADDING
    yield _text(placed.x + PADDING + SIGN, y, box.word, SMALL, ink, bold=True)
    if box.line:
        offset = (sum(map(em_width, box.word)) + 1) * SMALL
        yield _text(placed.x + PADDING + SIGN + offset, y, box.line, SMALL, ink)


def _title(title: str, width: float) -> Iterator[str]:
    """In one line, or smaller in two, left of the legend."""
    size, lines = 26, wrapped(title, width / 26)
    if len(lines) > 1:
        size, lines = 17, wrapped(title, width / 17)
    for line, y in zip(lines, (46,) if len(lines) == 1 else (32, 53), strict=False):
        yield _text(MARGIN, y, line, size, "#191c22", bold=True)


def _sign(status: Status, x: float, y: float, ink: str) -> str:
    return (
        f'<g transform="translate({x:.1f} {y:.1f})" fill="none" stroke="{ink}" '
        f'stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">{SIGNS[status]}</g>'
    )


def _legend(legend: Sequence[tuple[Status, str, int]]) -> Iterator[str]:
    """Each status with its number, at the right of the head."""
    x = float(WIDTH - MARGIN)
    for status, word, number in reversed(legend):
        words = f"{word} {number}"
        width = _entry_width(words)
        x -= width + GAP
        ground, edge, ink = INKS[status]
        yield (
            f'<rect x="{x:.1f}" y="24" width="{width:.1f}" height="30" rx="6" fill="{ground}" '
            f'stroke="{edge}"/>'
        )
        yield _sign(status, x + PADDING, 32, ink)
        yield _text(x + PADDING + SIGN, 44, words, 14, ink, bold=True)


def _legend_width(legend: Sequence[tuple[Status, str, int]]) -> float:
    return sum(_entry_width(f"{word} {number}") + GAP for _status, word, number in legend)


def _entry_width(words: str) -> float:
    return sum(map(em_width, words)) * 14 + SIGN + 2 * PADDING


def _lines(placed: Mapping[str, _Placed], links: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Curves from the giver to the taker, behind the boxes."""
    paths = []
    for giver, taker in links:
        if giver not in placed or taker not in placed or giver == taker:
            continue
        one, other = placed[giver], placed[taker]
        y1, y2 = one.y + one.height / 2, other.y + other.height / 2
        right = one.x + one.width
        if abs(one.x - other.x) < GUTTER + INDENT * 4:
            x2, bend = other.x + other.width, GUTTER * 0.7
            paths.append(f"M{right:.1f} {y1:.1f}C{right + bend:.1f} {y1:.1f} {x2 + bend:.1f} "
                         f"{y2:.1f} {x2:.1f} {y2:.1f}")  # fmt: skip
        else:
            forward = one.x < other.x
            x1, x2 = (right, other.x) if forward else (one.x, other.x + other.width)
            middle = (x1 + x2) / 2
            paths.append(f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} "
                         f"{x2:.1f} {y2:.1f}")  # fmt: skip
    if paths:
        yield f'<path d="{"".join(paths)}" fill="none" stroke="#8c929f" stroke-opacity=".55"/>'


def _text(x: float, y: float, text: str, size: float, ink: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{ink}"{weight}>'
        f"{escape(_printable(text))}</text>"
    )


def _printable(text: str) -> str:
    """Without the control characters no XML may hold."""
    return "".join(each for each in text if each.isprintable())
