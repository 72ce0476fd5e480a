"""What single cells say: land, a person with a phone, hints in words. Each reads one text, or says None."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from crm.core.money import Amount, AmountError, AmountFault, Unit, parse_amount
from crm.core.sheets import Value
from crm.imports.rules.fields import LandUnit
from crm.imports.rules.ledger import Hint

_NOTHING = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "暂无"})
_ERRORS = frozenset({"#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#N/A"})
_FORMULA_MARKS = ("=", "+", "@", "-")
_PHONE = re.compile(
    r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8}|\d{7,8})(?!\d)"
)
_PHONE_WORDS = re.compile(r"(?:联系)?(?:电话|手机号?|方式)(?:号码)?|tel\.?", re.IGNORECASE)
_AROUND_NAME = " \t\r\n　,;:/()-、"
_LAND = re.compile(r"(?:约|大约|近)?(\d{1,7}(?:\.\d{1,4})?)(亩|m2|平方米|平米|平方|公顷)?(?:左右)?")
_MU_PER_HECTARE = 15
_SQUARE_METRES_PER_MU = Decimal("666.67")
_HINTS = (
    (Hint.HEADQUARTERS, re.compile("总部")),
    (Hint.URBAN_RENEWAL, re.compile("城市更新")),
    (Hint.PHASE_TWO, re.compile("二期|(?<![0-9])2期|(?<![A-Z])II期")),
)


def says_nothing(text: str) -> bool:
    """Whether a cell holds one of the marks people put where there is nothing to say (/, —, 无)."""
    return text in _NOTHING


def is_error(text: str) -> bool:
    """Whether a formula left an error (#REF!) instead of a value."""
    return text in _ERRORS


def reads_as_formula(text: str) -> bool:
    """Whether a spreadsheet would run this text as a formula; no name begins like that."""
    return unicodedata.normalize("NFKC", text[:1]).startswith(_FORMULA_MARKS)


def storable(text: str) -> str:
    """The text without characters no database keeps: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def as_text(value: Value | Decimal) -> str:
    """A cell as text: whole numbers without .0 (a phone), days in ISO form, ends trimmed."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def land_in_mu(text: str, unit: LandUnit | None, column_has_two_units: bool) -> Decimal | None:
    """Land in 亩 from 85, 460亩, 约60亩, 2公顷, 30000平方米. None where the unit or number is not clear."""
    folded = "".join(unicodedata.normalize("NFKC", text).casefold().replace(",", "").split())
    found = _LAND.fullmatch(folded)
    if found is None:
        return None
    number, word = Decimal(found.group(1)), found.group(2)
    if word is None:
        if unit is None:
            return None
    elif word == "亩":
        unit = LandUnit.MU
    elif word == "公顷":
        unit = LandUnit.HECTARE
    elif column_has_two_units:
        return None  # 用地（亩）/楼宇（㎡）: square metres of a building are no land
    else:
        unit = LandUnit.SQUARE_METRE
    if unit is LandUnit.HECTARE:
        return number * _MU_PER_HECTARE
    if unit is LandUnit.SQUARE_METRE:
        return (number / _SQUARE_METRES_PER_MU).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return number


def name_and_phone(text: str) -> tuple[str | None, str | None]:
    """A person and the phone written beside the name: 王敏 13800001001, 王敏（电话：13800001001）."""
    found = _PHONE.search(unicodedata.normalize("NFKC", text))
    if found is None:
        return text or None, None
    folded = unicodedata.normalize("NFKC", text)
    around = f"{folded[: found.start()]} {folded[found.end() :]}"
    name = " ".join(_PHONE_WORDS.sub(" ", around).split()).strip(_AROUND_NAME)
    return name or None, re.sub(r"[- ]", "", found.group(1))


def hints(texts: Iterable[str | None]) -> frozenset[Hint]:
    """What the words of a title, segment or remark hint at."""
    folded = [unicodedata.normalize("NFKC", text).upper() for text in texts if text]
    return frozenset(hint for hint, word in _HINTS if any(word.search(text) for text in folded))


def amount_of(value: Value | Decimal, unit: Unit | None) -> Amount:
    """The amount in a cell. A computed number is rounded to whole yuan. Raises AmountError."""
    if isinstance(value, str):
        return parse_amount(value, bare_unit=unit)
    if value is None or not isinstance(value, int | float | Decimal):  # a day
        raise AmountError(AmountFault.NOT_AN_AMOUNT)
    try:
        return parse_amount(value, bare_unit=unit)
    except AmountError as error:
        if error.code is not AmountFault.FRACTION_OF_YUAN or unit is None:
            raise
        whole = (Decimal(str(value)) * unit.scale).quantize(Decimal(1), ROUND_HALF_UP)
        return parse_amount(whole / unit.scale, bare_unit=unit)
