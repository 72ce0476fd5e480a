"""A company as a taxonomy names it at a segment: 金雷股份(济)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """`name` is the one in the register where it is known; `region_code` is GB/T 2260."""

    short_name: str
    name: str
    region_code: str | None = None


def example_of(text: str, marks: Mapping[str, str], registered: Mapping[str, str]) -> Example:
    """Who is meant. A mark in brackets at the end says where its seat is, if `marks` knows it."""
    short, bracket, mark = text.strip().rstrip(")）").replace("（", "(").rpartition("(")
    if not bracket or mark not in marks:
        short, mark = text.strip(), ""
    return Example(short, registered.get(short, short), marks.get(mark))
