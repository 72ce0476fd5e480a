"""The pure rules of recognition: who may decide what, what goes back, who is twice, who goes where."""

from crm.recognition.rules.assigning import Contender, Contest, Share, assign, shortfall
from crm.recognition.rules.deciding import (
    BatchFacts,
    Claim,
    Hand,
    State,
    WhyNot,
    why_not_appeal,
    why_not_decide,
    why_not_move,
    why_not_propose,
)
from crm.recognition.rules.levels import BELOW, Answer, Counting, Decided, Level, Ruling
from crm.recognition.rules.manning import Barred, Decider, Deciders, Manned, deciders
from crm.recognition.rules.reviewing import (
    Change,
    Crossing,
    Snapshot,
    amounts_of,
    crossings,
    sides_at,
    sides_of,
)
from crm.recognition.rules.suspects import Alike, Known, Pair, pairs_alike
from crm.recognition.rules.tasks import Appealed, Task, task_of, turned_down_at, waiting_for

__all__ = [
    "BELOW",
    "Alike",
    "Answer",
    "Appealed",
    "Barred",
    "BatchFacts",
    "Change",
    "Claim",
    "Contender",
    "Contest",
    "Counting",
    "Crossing",
    "Decided",
    "Decider",
    "Deciders",
    "Hand",
    "Known",
    "Level",
    "Manned",
    "Pair",
    "Ruling",
    "Share",
    "Snapshot",
    "State",
    "Task",
    "WhyNot",
    "amounts_of",
    "assign",
    "crossings",
    "deciders",
    "pairs_alike",
    "shortfall",
    "sides_at",
    "sides_of",
    "task_of",
    "turned_down_at",
    "waiting_for",
    "why_not_appeal",
    "why_not_decide",
    "why_not_move",
    "why_not_propose",
]
