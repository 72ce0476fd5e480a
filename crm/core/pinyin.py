"""Pinyin of names, in full and by initials, for the search box."""

import re
import unicodedata
from functools import lru_cache

# Readings a dictionary of common words gets wrong: places, then surnames (first character of a person).
PLACES = {
    "单县": "shan xian", "莘县": "shen xian", "东阿": "dong e", "乐陵": "lao ling", "泺口": "luo kou",
    "泺源": "luo yuan", "重汽": "zhong qi", "长清": "chang qing", "济南": "ji nan", "济阳": "ji yang",
    "六安": "lu an", "蚌埠": "beng bu", "亳州": "bo zhou", "番禺": "pan yu", "东莞": "dong guan",
}  # fmt: skip
SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "任": "ren", "查": "zha", "朴": "piao",
    "区": "ou", "盖": "ge", "华": "hua", "翟": "zhai", "乐": "yue", "尉": "wei", "覃": "qin", "冼": "xian",
    "缪": "miao", "宁": "ning", "洗": "xian", "员": "yun", "种": "chong", "秘": "bi", "折": "she",
    "重": "chong", "尹": "yin", "訾": "zi", "燕": "yan", "葛": "ge", "牟": "mu", "卜": "bu", "万": "wan",
}  # fmt: skip
PLACE = re.compile("|".join(PLACES))
LATIN = re.compile(r"[a-z0-9]+")


def pinyin_full(text: str, *, is_person: bool = False) -> str:
    """建邦胶体 → jianbangjiaoti; Latin letters and digits stay, everything else is left out."""
    return "".join(word for word, _ in _syllables(text, is_person))


def pinyin_initials(text: str, *, is_person: bool = False) -> str:
    """建邦胶体 → jbjt, CDMO平台 → cdmopt."""
    return "".join(initial for _, initial in _syllables(text, is_person))


@lru_cache(maxsize=4096)
def _syllables(text: str, is_person: bool) -> tuple[tuple[str, str], ...]:
    """Each syllable or Latin run with what it contributes to the initials."""
    folded = unicodedata.normalize("NFKC", text).strip()
    found: list[tuple[str, str]] = []
    if is_person and folded[:1] in SURNAMES:
        syllable = SURNAMES[folded[0]]
        found.append((syllable, syllable[0]))
        folded = folded[1:]
    position = 0
    for place in PLACE.finditer(folded):
        found += _read(folded[position : place.start()])
        found += [(word, word[0]) for word in PLACES[place[0]].split()]
        position = place.end()
    return tuple(found + _read(folded[position:]))


def _read(text: str) -> list[tuple[str, str]]:
    if not text:
        return []
    from pypinyin.seg.mmseg import seg

    found: list[tuple[str, str]] = []
    for piece in re.findall(r"[a-zA-Z0-9]+|[^a-zA-Z0-9]+", text):
        if LATIN.fullmatch(piece.lower()):
            found.append((piece.lower(), piece.lower()))
            continue
        # The converter cuts a text into its known phrases first; each of them is read once.
        for phrase in seg.cut(piece):
            found += _phrase(phrase)
    return found


@lru_cache(maxsize=16_384)
def _phrase(phrase: str) -> tuple[tuple[str, str], ...]:
    from pypinyin import Style, lazy_pinyin  # 0.2 s of dictionaries, loaded on first use

    read = lazy_pinyin([phrase], style=Style.NORMAL, errors="ignore")
    words = ("".join(LATIN.findall(syllable.lower().replace("ü", "v"))) for syllable in read)
    return tuple((word, word[0]) for word in words if word)
