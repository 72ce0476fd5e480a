"""What falls due, on which working day it is told, and how a failed mail is tried again."""

from enum import StrEnum


class DayKind(StrEnum):
    HOLIDAY = "holiday"
    WORKDAY = "workday"


class DeliveryKind(StrEnum):
    DUE_DIGEST = "due_digest"


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"  # claimed; nothing was handed to the mail server yet
    HANDING_OVER = "handing_over"  # the message is being given to the server
    SENT = "sent"
    NOTHING_DUE = "nothing_due"  # all of it was done before the mail went out
    FAILED = "failed"  # given up, a person must look
    UNCERTAIN = "uncertain"  # died while handing over: never sent again by itself
