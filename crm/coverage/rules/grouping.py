"""Groups of companies, put together from who holds whom. Pure."""

from collections.abc import Mapping


def tops_of(held: Mapping[int, int]) -> dict[int, int]:
    """For each company that holds or is held: who stands at the top of its group.

    `held` is the parent of each company that has one. Companies that hold each other in a circle,
    which two edits at once may leave, are a group under the least of their numbers.
    """
    found: dict[int, int] = {}
    for company in held:
        way: dict[int, None] = {}
        at = company
        while at not in found and at not in way:
            way[at] = None
            if at not in held:
                break
            at = held[at]
        if at in found:
            top = found[at]
        elif at in held:  # came round to a company of this very way
            round_ = list(way)
            top = min(round_[round_.index(at) :])
        else:
            top = at
        found |= dict.fromkeys(way, top)
    return found
