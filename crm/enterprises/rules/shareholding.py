"""Who holds a company on a day, and how much of it, by way of others too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

HIGHEST = 8
"""How far up a group of companies shareholdings are followed."""


@dataclass(frozen=True, slots=True)
class Link:
    """A company held by its parent from a day on (None: as far back as anybody knows) until another.

    `percent` is the parent's share, None if nobody has entered it; `until_on` is the first day on
    which it held no more, None while it does.
    """

    holder: int
    percent: Decimal | None
    from_on: date | None = None
    until_on: date | None = None

    def holds(self, on: date | None) -> bool:
        """Whether it was in force at the end of that day; without a day, whether it still is."""
        if on is None:
            return self.until_on is None
        begun = self.from_on is None or self.from_on <= on
        return begun and (self.until_on is None or on < self.until_on)


class LinkFault(StrEnum):
    """Why a holding cannot be entered."""

    SHARE = "shareholding"
    IN_FUTURE = "since_in_future"
    NOT_LATER = "since_not_later"
    NO_PARENT = "since_without_parent"


def why_not_link(
    percent: Decimal | None, since: date | None, before: date | None, today: date
) -> tuple[LinkFault, ...]:
    """Everything that stands against a holding since a day; `before` is when the one it ends began."""
    found = []
    if percent is not None and not 0 < percent <= 100:
        found.append(LinkFault.SHARE)
    if since is not None and since > today:
        found.append(LinkFault.IN_FUTURE)
    if since is not None and before is not None and since <= before:
        found.append(LinkFault.NOT_LATER)
    return tuple(found)


def holders(
    company: int,
    links: Mapping[int, Sequence[Link]],
    on: date | None,
    share: Decimal | None = Decimal(1),
) -> Iterator[tuple[int, Decimal | None]]:
    """The company itself and those above it as of a day, each with the part it holds, 0 to 1.

    The product along the way: 60 % of 60 % is 36 %. One unknown step makes what is above it unknown.
    A circle that two edits left behind is walked once and ends; of two holders on one day the one
    that ended counts, for of the other nobody said since when.
    """
    seen: set[int] = set()
    at: int | None = company
    while at is not None and at not in seen and len(seen) <= HIGHEST:
        yield at, share
        seen.add(at)
        in_force = [link for link in links.get(at, ()) if link.holds(on)]
        if not in_force:
            return
        link = min(in_force, key=lambda each: each.until_on or date.max)
        share = None if share is None or link.percent is None else share * link.percent / 100
        at = link.holder
