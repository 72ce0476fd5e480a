"""The codes of reminders: what may fall due, for whom, how it is told and what becomes of it."""

from enum import StrEnum


class DueKind(StrEnum):
    DUE = "due"
    OVERDUE = "overdue"


class Scope(StrEnum):
    """Whose leads the page of reminders shows."""

    MINE = "mine"
    UNIT = "unit"
    ALL = "all"


class ReminderKind(StrEnum):
    """What a person may be reminded of (DOMAIN 2.4)."""

    NEXT_ACTION = "next_action"
    FIRST_RESPONSE = "first_response"  # 首次响应
    SCREENING = "screening"  # 研判
    REFERRER_FEEDBACK = "referrer_feedback"  # 向引荐人反馈
    QUIET = "quiet"  # in talks, without progress
    NOT_REGISTERED = "not_registered"  # 签约未注册
    NOT_STARTED = "not_started"  # 注册未开工
    EXPECTED_SIGNING = "expected_signing"
    EXPECTED_LANDING = "expected_landing"
    EVIDENCE = "evidence"  # papers a quota still wants
    QUOTA_BEHIND = "quota_behind"
    TRIP_REPORT = "trip_report"  # 外出招商报告
    AGREED_DATE = "agreed_date"  # a day of the contract
    INSTRUCTION = "instruction"  # 交办单


class Level(StrEnum):
    """In which capacity somebody is reminded: escalation goes down this list."""

    OWNER = "owner"
    UNIT_HEAD = "unit_head"
    DIRECTOR = "director"


class ReminderState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"  # its reader has said: I know
    SNOOZED = "snoozed"
    DONE = "done"  # its reader has said so
    SETTLED = "settled"  # the facts say so: nothing is due any more
    WITHDRAWN = "withdrawn"  # another person's now, or its kind was switched off


class Timing(StrEnum):
    """When a person wants to be told of a kind."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"
