"""The arithmetic people type into a cell (`=2.5+1.2`), for files that carry no stored value."""

import re
from decimal import Decimal, DecimalException

_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*|\.\d+)|([-+*/()]))")
_LONGEST = 200
_DEEPEST = 20


class _NotArithmetic(Exception):
    pass


def evaluate(formula: str) -> Decimal | None:
    """The value of a formula made of numbers, + - * / and brackets alone; None for anything else.

    Takes the text with or without its leading "=". Never calls anything, never raises.
    """
    text = formula.strip().removeprefix("=")
    if not text or len(text) > _LONGEST:
        return None
    try:
        tokens = _tokens(text)
        value, rest = _sum(tokens, 0, 0)
        return value if rest == len(tokens) else None
    except (_NotArithmetic, DecimalException):
        return None


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _NotArithmetic
        tokens.append(found.group(1) or found.group(2))
        at = found.end()
    return tokens


def _sum(tokens: list[str], at: int, depth: int) -> tuple[Decimal, int]:
    value, at = _product(tokens, at, depth)
    while at < len(tokens) and tokens[at] in "+-":
        other, after = _product(tokens, at + 1, depth)
        value = value + other if tokens[at] == "+" else value - other
        at = after
    return value, at


def _product(tokens: list[str], at: int, depth: int) -> tuple[Decimal, int]:
    value, at = _signed(tokens, at, depth)
    while at < len(tokens) and tokens[at] in "*/":
        other, after = _signed(tokens, at + 1, depth)
        value = value * other if tokens[at] == "*" else value / other
        at = after
    return value, at


def _signed(tokens: list[str], at: int, depth: int) -> tuple[Decimal, int]:
    if at >= len(tokens) or depth > _DEEPEST:
        raise _NotArithmetic
    sign = tokens[at]
    if sign in "+-":
        value, after = _signed(tokens, at + 1, depth + 1)
        return (-value if sign == "-" else value), after
    if sign == "(":
        value, after = _sum(tokens, at + 1, depth + 1)
        if after >= len(tokens) or tokens[after] != ")":
            raise _NotArithmetic
        return value, after + 1
    if sign in ")*/":
        raise _NotArithmetic
    return Decimal(sign), at + 1
