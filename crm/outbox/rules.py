"""What a message to be delivered may become: when it is tried, taken over, given up.

Pure: moments are arguments and aware.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from crm.accounts.rules import Way


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
    WEBHOOK = "webhook"  # a gateway that takes the list of a unit
    MESSENGER = "messenger"  # 政务通讯: a gateway to one person
    SMS = "sms"  # 短信网关: a gateway to one person


PERSONAL = (Channel.MESSENGER, Channel.SMS)
"""Gateways that carry messages to one person each; every other endpoint is told the list of a unit."""
CHANNELS_OF: dict[Way, tuple[Channel, ...]] = {
    Way.MAIL: (Channel.MAIL,),
    Way.MESSENGER: (Channel.MESSENGER,),
    Way.SMS: (Channel.SMS,),
    Way.MAIL_MESSENGER: (Channel.MAIL, Channel.MESSENGER),
    Way.MAIL_SMS: (Channel.MAIL, Channel.SMS),
}


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
    ENDS_WORKERS = "ends_workers"  # whoever took it up died of it


FOR_GOOD = frozenset(
    {
        Problem.NO_ADDRESS,
        Problem.INACTIVE,
        Problem.BAD_ADDRESS,
        Problem.REFUSED,
        Problem.NOT_WRITTEN,
        Problem.DAY_OVER,
        Problem.ENDS_WORKERS,
    }
)
"""Trying again changes nothing until a person has done something."""
CONCERNS_ALL = frozenset({Problem.UNREACHABLE, Problem.NOT_TRUSTED, Problem.SIGN_IN_REFUSED})
"""The server as a whole: every other message would meet the same, and many wrong sign-ins lock it."""

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""How long to wait after the first, second … failure; after the last one it is given up."""
TRIED_AGAIN_BEFORE_MAIL = 2
"""A person's gateway is tried again after 1 and 5 minutes; then the mail in its place is not yet late."""
FURTHEST = DELAYS[-1] + timedelta(hours=1)
"""No other try lies further ahead, whatever the clocks of two machines differ by."""
LEASE = timedelta(minutes=10)
"""A claim this old belongs to a worker that died (MAIL_LEASE_SECONDS sets it otherwise). Whoever lives
renews its claims before a quarter of it is over."""
ALONE_AFTER = 2
"""A message whose workers have died as often is sent by itself: it may be what they died of."""
MOST_DEATHS = 10
"""After as many it is given up, lest it end worker after worker for ever."""
SILENT_AFTER = timedelta(minutes=5)
"""Beat and worker leave a sign every minute; after this long the administrator is told."""


def why_not_mail(address: str | None, is_active: bool) -> Problem | None:
    """What stands in the way of any mail to a person."""
    if not address or not address.strip():
        return Problem.NO_ADDRESS
    return None if is_active else Problem.INACTIVE


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a person can be reached, and by which channels they want to be told."""

    is_active: bool
    mail: str | None = None
    messenger_id: str | None = None
    mobile: str | None = None
    way: Way = Way.MAIL

    def address(self, channel: Channel) -> str | None:
        """Where a channel finds the person; None: it does not."""
        found = {
            Channel.MAIL: self.mail,
            Channel.MESSENGER: self.messenger_id,
            Channel.SMS: self.mobile,
        }.get(channel)
        return (found or "").strip() or None


def channels_for(
    reach: Reach, in_use: Collection[Channel], way: Way | None = None
) -> tuple[Channel, ...]:
    """By which channels a message goes to a person now; none: by no channel at all.

    `in_use` are the gateways the office has set up, `way` what they want for this message where
    that is something else. What cannot go as they want goes by mail.
    """
    if not reach.is_active:
        return ()
    mail = (Channel.MAIL,) if reach.address(Channel.MAIL) else ()
    found = tuple(
        channel
        for channel in CHANNELS_OF[way or reach.way]
        if reach.address(channel) and (channel is Channel.MAIL or channel in in_use)
    )
    return found or mail


def ways_offered(reach: Reach, in_use: Collection[Channel]) -> tuple[Way, ...]:
    """What a person may choose from: gateways in use that know them; mail always."""
    return tuple(
        way
        for way, channels in CHANNELS_OF.items()
        if all(
            channel is Channel.MAIL or (channel in in_use and reach.address(channel))
            for channel in channels
        )
    )


def why_not(reach: Reach, channel: Channel) -> Problem | None:
    """What stands in the way of a message to a person on that channel."""
    return why_not_mail(reach.address(channel), reach.is_active)


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
    deaths: int = 0  # claims whose worker died; they are no failures of the message


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a delivery becomes; `next_try_at` only where it waits for another try."""

    state: DeliveryState
    next_try_at: datetime | None = None


def may_claim(row: Standing, at: datetime, lease: timedelta = LEASE) -> bool:
    """Whether a worker may take it now: it waits and its time has come, or its worker died.

    Taking over is safe even where the message had left: it goes out once more under the same
    Message-ID and with the same content, which is one mail to the reader's server. A moment further
    ahead than anybody ever sets it was set by a clock that has been put back since: it counts as past.
    """
    if row.state is DeliveryState.PENDING:
        return has_come(row.next_try_at, at, FURTHEST)
    if row.state is not DeliveryState.SENDING:
        return False
    return row.claimed_at is None or has_come(row.claimed_at + lease, at, 2 * lease)


def has_come(moment: datetime | None, at: datetime, furthest: timedelta) -> bool:
    """Whether a moment that was set at most `furthest` ahead has come; none was never waited for."""
    return moment is None or moment <= at or moment > at + furthest


def is_over(row: Standing, at: datetime) -> bool:
    """Whether it comes too late: what it says is told by another message."""
    return row.expires_at is not None and at >= row.expires_at


def next_try(
    attempts: int,
    at: datetime,
    expires_at: datetime | None = None,
    channel: Channel = Channel.MAIL,
) -> datetime | None:
    """When to try again after `attempts` failures, the last of them at `at`; None: give up."""
    delays = DELAYS[:TRIED_AGAIN_BEFORE_MAIL] if channel in PERSONAL else DELAYS
    if attempts > len(delays):
        return None
    due = at + delays[max(attempts, 1) - 1]
    return due if expires_at is None or due < expires_at else None


def after_failure(
    problem: Problem,
    attempts: int,
    at: datetime,
    expires_at: datetime | None = None,
    channel: Channel = Channel.MAIL,
) -> Outcome:
    """What becomes of a delivery that met `problem` as its `attempts`-th failure."""
    again = None if problem in FOR_GOOD else next_try(attempts, at, expires_at, channel)
    return Outcome(DeliveryState.FAILED if again is None else DeliveryState.PENDING, again)


def may_send_again(row: Standing, at: datetime) -> bool:
    """Whether the administrator may have it sent once more: given up, and not too late."""
    return row.state is DeliveryState.FAILED and not is_over(row, at)


# --- how many a minute the server takes ---


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `per_minute` messages in any minute, whoever sends them, a sixth of it in one go.

    All that has to be kept is one moment, `free_at`, until which the messages sent so far fill the
    road; it is never more than a minute ahead, so a clock put back costs a minute at most.
    """

    per_minute: int

    @property
    def burst(self) -> int:
        return max(self.per_minute // 6, 1)

    @property
    def apart(self) -> timedelta:
        """How far one message moves `free_at`: so that burst and minute together keep the limit."""
        return timedelta(minutes=1) / (self.per_minute - self.burst + 1)

    def room(self, free_at: datetime | None, at: datetime) -> int:
        """How many may go at this moment."""
        return self.burst - ceil((self._from(free_at, at) - at) / self.apart)

    def after(self, free_at: datetime | None, at: datetime, sent: int) -> datetime:
        """`free_at` once `sent` messages have gone."""
        return self._from(free_at, at) + sent * self.apart

    def opens_at(self, free_at: datetime | None, at: datetime) -> datetime:
        """When the next one may go."""
        return max(self._from(free_at, at) - (self.burst - 1) * self.apart, at)

    def _from(self, free_at: datetime | None, at: datetime) -> datetime:
        if free_at is None or free_at <= at:
            return at
        return min(free_at, at + timedelta(minutes=1))
