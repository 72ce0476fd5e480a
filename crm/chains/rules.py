"""What a chain is made of."""

from enum import StrEnum


class ChainKind(StrEnum):
    CHAIN = "chain"  # 产业链
    FUTURE_TRACK = "future_track"  # 未来赛道


class Tier(StrEnum):
    UP = "up"  # 上游
    MID = "mid"  # 中游
    DOWN = "down"  # 下游
