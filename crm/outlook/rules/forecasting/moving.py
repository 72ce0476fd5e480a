"""Which leads move the chance to meet a quota most, and what would lift it to the aim.

Given the node, P(meet) is linear in the probability p of each lead, with slope P(all others count
exactly one less than needed). Signed puts p to what the two later gates leave, lost to 0.
"""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from crm.outlook.rules.forecasting.arrangement import Odds, QuotaCount
from crm.outlook.rules.forecasting.counting import at_least, capped, convolved
from crm.outlook.rules.forecasting.facts import Mover, Needed, Settings
from crm.outlook.rules.forecasting.observation import Floats

MOST_MORE = 200


def movers_of(
    count: QuotaCount,
    odds: Odds,
    slip_chance: Floats,
    weights: Floats,
    needed: int,
    lead_ids: Sequence[int],
    most: int,
) -> tuple[tuple[Mover, ...], tuple[int, ...]]:
    """The leads that move P(meet) most, and their rows.

    Ordered by the expected change once it is known how the lead ends, so that a lead with hardly a
    chance does not lead the list for what it would do if it signed; ties by id.
    """
    if needed <= 0 or not count.mine:
        return (), ()
    worth = np.zeros((needed, count.within.nodes))
    worth[needed - 1] = 1.0
    rows, signed, lost = [], [], []
    for mine, on_time, late in count.without_each(worth):
        p_late = slip_chance[mine]
        kept, lost_now, after = odds.on_time[mine], odds.late[mine], odds.if_signed[mine]
        rows.append(mine)
        signed.append(
            (1 - p_late) * (((after - kept) * on_time) @ weights)
            + p_late * (((after - lost_now) * late) @ weights)
        )
        lost.append(
            -(1 - p_late) * ((kept * on_time) @ weights) - p_late * ((lost_now * late) @ weights)
        )
    row, if_signed, if_lost = (np.concatenate(each) for each in (rows, signed, lost))
    mean = odds.mean(slip_chance, weights)[row]
    likely = np.clip(mean / np.maximum(odds.if_signed[row] @ weights, 1e-12), 0, 1)
    moved = likely * np.abs(if_signed) + (1 - likely) * np.abs(if_lost)
    # Rounded, so that leads that are alike stand in the order of their ids on every machine.
    order = np.lexsort((row, -np.round(moved, 12)))[:most]
    return (
        tuple(
            Mover(lead_ids[row[n]], float(mean[n]), float(if_signed[n]), float(if_lost[n]))
            for n in order
        ),
        tuple(int(row[n]) for n in order),
    )


def needed_of(
    count: QuotaCount,
    odds: Odds,
    weights: Floats,
    needed: int,
    typical: Floats | None,
    movers: Sequence[Mover],
    rows: Sequence[int],
    settings: Settings,
) -> Needed:
    """The fewest more projects like those in talks, and the fewest names signing, that reach the aim."""

    def meets(whole: Floats) -> bool:
        return float(at_least(whole, needed) @ weights) >= settings.aim

    if meets(count.whole):
        return Needed(0, ())
    more = None
    if typical is not None:
        having = capped(count.whole, needed)
        one = np.stack([1 - typical, typical])
        for number in range(1, MOST_MORE + 1):
            having = capped(convolved(one, having), needed)
            if meets(having):
                more = number
                break
    by_gain = sorted(range(len(movers)), key=lambda n: (-(movers[n].delta_signed or 0.0), n))

    def suffice(names: int) -> bool:
        return meets(count.if_signed([rows[n] for n in by_gain[:names]], odds, needed))

    names = None
    if by_gain and suffice(len(by_gain)):
        fewest = bisect_left(range(len(by_gain) + 1), True, lo=1, key=suffice)
        names = tuple(movers[n].lead_id for n in by_gain[:fewest])
    return Needed(more, names)
