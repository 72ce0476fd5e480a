"""What addresses of chains ask for, and what its forms offer."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from flask import abort, request

from crm.chains.queries.presence import segments_in_use
from crm.chains.rules import Tier
from crm.chains.wording import named, placed
from crm.core.errors import NotFound
from crm.core.forms import number_in
from crm.core.web import mark
from crm.coverage.queries.settings import settings_held
from crm.coverage.rules import Number
from crm.places.queries import zones

Code = TypeVar("Code", bound=StrEnum)
LONGEST_SEARCH = 100
NO_TIER = "none"


def number_asked(name: str) -> int | None:
    """A record's number in the address; 400 for what is none."""
    text = request.args.get(name, "").strip()
    if not text:
        return None
    found = number_in(text)
    if found is None:
        abort(400)
    return found


def picks(texts: Iterable[str]) -> list[tuple[int, int]]:
    """Rows that were ticked, each with the version it was seen at, 17-2; 400 for what is none."""
    found = []
    for text in texts:
        one, _dash, seen = text.partition("-")
        number, version = number_in(one), number_in(seen)
        if number is None or version is None:
            abort(400)
        found.append((number, version))
    return found


def version_sent() -> int:
    """The version a button was shown with; 0 for none, which is stale."""
    return number_in(request.form.get("version")) or 0


def tier_in(text: str | None) -> Tier | None:
    """A tier as addresses and forms name it, `none` for a segment of none. Raises NotFound."""
    if text == NO_TIER:
        return None
    if text not in set(Tier):
        raise NotFound
    return Tier(text)


def code_asked(name: str, codes: type[Code]) -> Code | None:
    """A code in the address; 400 for one there is not."""
    text = request.args.get(name, "").strip()
    if not text:
        return None
    if text not in set(codes):
        abort(400)
    return codes(text)


def text_asked(name: str) -> str | None:
    return request.args.get(name, "").replace("\x00", "").strip()[:LONGEST_SEARCH] or None


def segment_choices(and_this: int | None = None) -> list[tuple[int, str]]:
    """Segments with their chains, in order; a retired one only where a record has it."""
    return [
        (row.id, placed(named(row.chain, row.chain_en), named(row.name, row.name_en)))
        for row in segments_in_use(and_this)
    ]


def zone_choices() -> list[tuple[int, str]]:
    return [(row.id, named(row.name, row.name_en)) for row in zones()]


def stale_after_days() -> int:
    """After how many days without a check a firm is marked, as the bureau set it."""
    return settings_held()[0][Number.STALE_AFTER_DAYS]


def listed(words: list[str]) -> str:
    return mark("、", ", ").join(words)
