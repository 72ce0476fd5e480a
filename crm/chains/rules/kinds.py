"""The codes of chains: what kinds of chains, places, firms and lists there are."""

from enum import StrEnum


class ChainKind(StrEnum):
    CHAIN = "chain"  # 产业链
    FUTURE_TRACK = "future_track"  # 未来赛道


class Tier(StrEnum):
    UP = "up"  # 上游
    MID = "mid"  # 中游
    DOWN = "down"  # 下游


class SegmentLayout(StrEnum):
    """布局定位: what the district means to do about a segment. Only the first can be a gap."""

    FOCUS = "focus"  # 重点招引
    EXTERNAL = "external"  # 外部协作
    NONE = "none"  # 不布局


class PresenceRole(StrEnum):
    """What a local firm is at its segment (链上角色)."""

    ANCHOR = "anchor"  # 链主
    SUPPLIER = "supplier"  # 配套
    RESEARCH = "research"  # 研发
    SERVICE = "service"  # 服务


class Strength(StrEnum):
    WEAK = "weak"
    MEDIUM = "medium"
    STRONG = "strong"

    @property
    def points(self) -> int:
        """1, 2 or 3."""
        return _POINTS[self]


_POINTS = {strength: points for points, strength in enumerate(Strength, start=1)}


class NeedKind(StrEnum):
    """The three lists a park keeps for each anchor firm (三张清单)."""

    SUPPLY = "supply"  # 配套需求
    CUSTOMER = "customer"  # 客户群体
    PARTNER = "partner"  # 生态伙伴


class FitBasis(StrEnum):
    """From what a company is taken to belong to a segment."""

    EXAMPLE = "example"  # the taxonomy names it as an example
    KEYWORD = "keyword"
    INDUSTRY_CODE = "industry_code"
    BOTH = "both"  # a keyword and the industry code
    PERSON = "person"


class FitState(StrEnum):
    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


DEFAULT_WEIGHT = 3
LEAST_WEIGHT, MOST_WEIGHT = 1, 5
"""How much a segment matters, for its size on the map and its place among the gaps."""
