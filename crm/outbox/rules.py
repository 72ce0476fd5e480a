"""What a message to be delivered may become: when it is tried, taken over, given up.

Pure: moments are arguments and aware.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class DeliveryKind(StrEnum):
    """What a message is about; each kind is written by one writer."""

    DUE_DIGEST = "due_digest"  # the day's mail of one person
    AT_ONCE = "at_once"  # one reminder its reader wants without waiting for the digest
    WEEK_DIGEST = "week_digest"  # what a person chose to be told once a week
    MONDAY_BRIEF = "monday_brief"  # for bureau leaders, before the 调度会
    WEEK_ROLL_UP = "week_roll_up"  # for district leaders
    INSTRUCTION = "instruction"  # a 交办单 has been issued, answered, extended or closed
    UNIT_DIGEST = "unit_digest"  # the day's list of a unit, for its group robot
    ACCOUNT_SECURITY = "account_security"


class Channel(StrEnum):
    """The way a message takes to its reader."""

    MAIL = "mail"
    WECOM = "wecom"  # 企业微信群机器人
    DINGTALK = "dingtalk"  # 钉钉群机器人
    FEISHU = "feishu"  # 飞书群机器人
    WEBHOOK = "webhook"  # government messengers, SMS gateways


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"  # a worker holds it; `handed_at` says whether the message has left us
    SENT = "sent"
    NOTHING_DUE = "nothing_due"  # all of it was done before the message went out
    FAILED = "failed"  # given up, a person must look


class Problem(StrEnum):
    """Why a message did not go out, or why nobody knows whether it did."""

    NO_ADDRESS = "no_address"
    INACTIVE = "inactive"
    BAD_ADDRESS = "bad_address"
    REFUSED = "refused"  # the server refused recipient or message for good (5xx)
    NOT_WRITTEN = "not_written"  # the message itself could not be made: a defect of ours
    SERVER_BUSY = "server_busy"  # it answered 4xx, or the connection broke before the message
    UNREACHABLE = "unreachable"
    NOT_TRUSTED = "not_trusted"  # no TLS, or a certificate nobody vouches for
    SIGN_IN_REFUSED = "sign_in_refused"
    LOST = "lost"  # the connection broke while the message was on its way
    DAY_OVER = "day_over"  # the next working day's message tells all of it again


FOR_GOOD = frozenset(
    {
        Problem.NO_ADDRESS,
        Problem.INACTIVE,
        Problem.BAD_ADDRESS,
        Problem.REFUSED,
        Problem.NOT_WRITTEN,
        Problem.DAY_OVER,
    }
)
"""Trying again changes nothing until a person has done something."""
CONCERNS_ALL = frozenset({Problem.UNREACHABLE, Problem.NOT_TRUSTED, Problem.SIGN_IN_REFUSED})
"""The server as a whole: every other message would meet the same, and many wrong sign-ins lock it."""

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""How long to wait after the first, second … failure; after the last one it is given up."""
LEASE = timedelta(minutes=10)
"""A claim this old belongs to a worker that died: no step of a sending takes half of it."""
SILENT_AFTER = timedelta(minutes=5)
"""Beat and worker leave a sign every minute; after this long the administrator is told."""


def why_not_mail(address: str | None, is_active: bool) -> Problem | None:
    """What stands in the way of any mail to a person."""
    if not address or not address.strip():
        return Problem.NO_ADDRESS
    return None if is_active else Problem.INACTIVE


def is_silent(last_sign_at: datetime | None, at: datetime) -> bool:
    """Whether the worker has given no sign for so long that messages may not go out."""
    return last_sign_at is None or at - last_sign_at > SILENT_AFTER


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one delivery is: what the rules need of its row."""

    state: DeliveryState
    attempts: int = 0
    next_try_at: datetime | None = None
    claimed_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a delivery becomes; `next_try_at` only where it waits for another try."""

    state: DeliveryState
    next_try_at: datetime | None = None


def may_claim(row: Standing, at: datetime) -> bool:
    """Whether a worker may take it now: it waits and its time has come, or its worker died.

    Taking over is safe even where the message had left: it goes out once more under the same
    Message-ID and with the same content, which is one mail to the reader's server.
    """
    if row.state is DeliveryState.PENDING:
        return row.next_try_at is None or row.next_try_at <= at
    if row.state is not DeliveryState.SENDING:
        return False
    return row.claimed_at is None or at - row.claimed_at >= LEASE


def is_over(row: Standing, at: datetime) -> bool:
    """Whether it comes too late: what it says is told by another message."""
    return row.expires_at is not None and at >= row.expires_at


def next_try(attempts: int, at: datetime, expires_at: datetime | None = None) -> datetime | None:
    """When to try again after `attempts` failures, the last of them at `at`; None: give up."""
    if attempts > len(DELAYS):
        return None
    due = at + DELAYS[max(attempts, 1) - 1]
    return due if expires_at is None or due < expires_at else None


def after_failure(
    problem: Problem, attempts: int, at: datetime, expires_at: datetime | None = None
) -> Outcome:
    """What becomes of a delivery that met `problem` at its `attempts`-th try."""
    again = None if problem in FOR_GOOD else next_try(attempts, at, expires_at)
    return Outcome(DeliveryState.FAILED if again is None else DeliveryState.PENDING, again)


def may_send_again(row: Standing, at: datetime) -> bool:
    """Whether the administrator may have it sent once more: given up, and not too late."""
    return row.state is DeliveryState.FAILED and not is_over(row, at)
