"""Two wordings of criteria side by side: what changed, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Protocol

from flask_babel import gettext as _

from crm.quotas.rules import CountingEvent, parse_criteria, parse_exclusions
from crm.quotas.rules.drafting import kind_of, opened, parts, pruned
from crm.quotas.telling import criteria_text
from crm.quotas.wording import exclusions_text, word


class Said(Protocol):
    """What a version says: its criteria as stored, and the counting event."""

    @property
    def criteria(self) -> dict[str, Any]: ...
    @property
    def event(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of a comparison; an empty side says nothing there."""

    label: str
    before: str
    after: str


def sentence(criteria: Mapping[str, Any]) -> str:
    """Criteria as one sentence in the reader's language; empty where nothing is said yet."""
    whole = pruned(criteria)
    return criteria_text(parse_criteria(whole)) if whole else ""


def event_text(event: str | None) -> str:
    return str(word(CountingEvent(event or CountingEvent.SIGNED_AND_REGISTERED)))


def differs(before: Said, after: Said) -> bool:
    """Whether two versions judge differently, however they are written."""
    return _meaning(before) != _meaning(after)


def _meaning(said: Said) -> object:
    whole = pruned(said.criteria)
    read = parse_criteria(opened(whole)) if whole else None
    return read, parse_exclusions(said.criteria), event_text(said.event)


def differences(before: Said, after: Said) -> list[Difference]:
    """What differs between two wordings, part by part of the whole; empty where nothing does."""
    return [each for each in _rows(before, after) if each.before != each.after]


def _rows(before: Said, after: Said) -> Iterator[Difference]:
    old, new = opened(before.criteria), opened(after.criteria)
    kinds = [kind_of(tree) for tree in (old, new)]
    yield Difference(_("总体关系"), *(str(word(kind)) if kind else "" for kind in kinds))
    told = [[sentence(part) for part in parts(tree)] for tree in (old, new)]
    matched = SequenceMatcher(a=told[0], b=told[1], autojunk=False)
    for tag, from_old, to_old, from_new, to_new in matched.get_opcodes():
        if tag == "equal":
            continue
        for place, (was, is_now) in enumerate(
            zip_longest(told[0][from_old:to_old], told[1][from_new:to_new], fillvalue="")
        ):
            number = (from_new if to_new > from_new else from_old) + place + 1
            yield Difference(_("第%(n)s项条件", n=number), was, is_now)
    yield Difference(
        _("不计入类型"),
        *(exclusions_text(parse_exclusions(said.criteria)) for said in (before, after)),
    )
    yield Difference(_("计数方式"), *(event_text(said.event) for said in (before, after)))
