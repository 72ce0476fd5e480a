"""Who owns a company."""

from enum import StrEnum


class Ownership(StrEnum):
    CENTRAL = "central"  # 央企
    PROVINCIAL = "provincial"  # 省属国企
    LOCAL_STATE = "local_state"  # 市县国企
    PRIVATE = "private"  # 民企
    FOREIGN = "foreign"  # 外企
    JOINT = "joint"  # 合资
    OTHER = "other"
