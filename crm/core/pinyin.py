"""Pinyin of names, in full and by initials, for the search box."""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

# Readings that differ from a character's usual one: places, then words of trade. pypinyin's own table of
# 47,000 phrases takes 45 MB of every worker; of 7,000 names and lines of trade it read a hundred differently,
# by the words below.
WORDS = {
    "单县": "shan xian", "东阿": "dong e", "乐陵": "lao ling", "六安": "lu an", "蚌埠": "beng bu",
    "番禺": "pan yu", "厦门": "xia men", "重庆": "chong qing", "成都": "cheng du",
    "首都": "shou du", "都市": "du shi", "都会": "du hui", "之都": "zhi du", "乐清": "yue qing",
    "西藏": "xi zang", "会稽": "kuai ji", "涡阳": "guo yang", "浚县": "xun xian",
    "铅山": "yan shan", "长子县": "zhang zi xian", "银行": "yin hang", "行业": "hang ye",
    "商行": "shang hang", "分行": "fen hang", "支行": "zhi hang", "总行": "zong hang",
    "央行": "yang hang", "洋行": "yang hang", "同行": "tong hang", "行情": "hang qing",
    "会计": "kuai ji", "音乐": "yin yue", "乐器": "yue qi", "乐队": "yue dui",
    "声乐": "sheng yue", "空调": "kong tiao", "调节": "tiao jie", "调味": "tiao wei",
    "调和": "tiao he", "调控": "tiao kong", "调整": "tiao zheng", "调试": "tiao shi",
    "协调": "xie tiao", "可调": "ke tiao", "调压": "tiao ya", "调速": "tiao su",
    "调剂": "tiao ji", "模具": "mu ju", "模板": "mu ban", "模样": "mu yang", "畜牧": "xu mu",
    "弹簧": "tan huang", "弹性": "tan xing", "弹力": "tan li", "弹射": "tan she",
    "粘土": "nian tu", "类似": "lei si", "切削": "qie xiao", "校准": "jiao zhun",
    "校验": "jiao yan", "校正": "jiao zheng", "阿胶": "e jiao", "刨花": "bao hua",
    "重组": "chong zu", "重复": "chong fu", "重建": "chong jian", "重构": "chong gou",
    "重启": "chong qi", "重整": "chong zheng", "给水": "ji shui", "供给": "gong ji",
    "补给": "bu ji", "便宜": "pian yi", "人参": "ren shen", "海参": "hai shen",
    "增长": "zeng zhang", "成长": "cheng zhang", "董事长": "dong shi zhang",
    "校长": "xiao zhang", "生长": "sheng zhang", "长者": "zhang zhe", "院长": "yuan zhang",
    "部长": "bu zhang", "队长": "dui zhang", "角色": "jue se", "薄膜": "bo mo", "薄荷": "bo he",
    "轧钢": "zha gang", "热轧": "re zha", "冷轧": "leng zha", "轧制": "zha zhi",
    "区长": "qu zhang", "县长": "xian zhang", "市长": "shi zhang",
}  # fmt: skip
CHARACTERS = {"长": "chang"}  # its usual reading in names, where the dictionary puts another first
SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "任": "ren", "查": "zha", "朴": "piao",
    "区": "ou", "盖": "ge", "华": "hua", "翟": "zhai", "乐": "yue", "尉": "wei", "覃": "qin", "冼": "xian",
    "缪": "miao", "宁": "ning", "洗": "xian", "员": "yun", "种": "chong", "秘": "bi", "折": "she",
    "重": "chong", "尹": "yin", "訾": "zi", "燕": "yan", "葛": "ge", "牟": "mu", "卜": "bu", "万": "wan",
}  # fmt: skip
PIECES = re.compile(
    "|".join(sorted(WORDS, key=len, reverse=True)) + r"|[a-zA-Z0-9]+|[^a-zA-Z0-9]", re.DOTALL
)
LATIN = re.compile(r"[a-z0-9]+")
FIRST_READING = re.compile(r'"(\d+)": "([^",]+)')


def pinyin_full(text: str, *, is_person: bool = False) -> str:
    """建邦胶体 → jianbangjiaoti; Latin letters and digits stay, everything else is left out."""
    return "".join(word for word, _ in _syllables(text, is_person))


def pinyin_initials(text: str, *, is_person: bool = False) -> str:
    """建邦胶体 → jbjt, CDMO平台 → cdmopt."""
    return "".join(initial for _, initial in _syllables(text, is_person))


@lru_cache(maxsize=256)
def _syllables(text: str, is_person: bool) -> tuple[tuple[str, str], ...]:
    """Each syllable or Latin run with what it contributes to the initials."""
    folded = unicodedata.normalize("NFKC", text).strip()
    found: list[tuple[str, str]] = []
    if is_person and folded[:1] in SURNAMES:
        syllable = SURNAMES[folded[0]]
        found.append((syllable, syllable[0]))
        folded = folded[1:]
    for piece in PIECES.findall(folded):
        if piece in WORDS:
            found += [(word, word[0]) for word in WORDS[piece].split()]
        elif LATIN.fullmatch(piece.lower()):
            found.append((piece.lower(), piece.lower()))
        else:
            word = _character(piece)
            found += [(word, word[0])] if word else []
    return tuple(found)


def _character(character: str) -> str:
    """The usual reading of one character, empty for what has none."""
    return CHARACTERS.get(character) or _readings().get(ord(character), "")


@cache
def _readings() -> dict[int, str]:
    """The first reading of each of 42,000 characters, without tones.

    Out of pypinyin's table, not through its functions: they hold all readings of each, and 11 MB.
    """
    package = find_spec("pypinyin")
    assert package is not None
    assert package.origin is not None
    table = Path(package.origin).with_name("pinyin_dict.json").read_text(encoding="utf-8")
    plain: dict[str, str] = {}  # 1,500 of them, each kept once
    found = {}
    for each in FIRST_READING.finditer(table):
        number, reading = each.groups()
        if reading not in plain:
            parts = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
            plain[reading] = "".join(LATIN.findall(parts))
        found[int(number)] = plain[reading]
    return found
