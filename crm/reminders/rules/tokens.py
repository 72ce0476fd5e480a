"""The signed words in a mail's links: one reminder, one person, one action, for two weeks.

Pure but for the key: the moment is an argument. A token gives nobody a session; it lets whoever holds
the mail do the one thing it names.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import BadSignature, Signer

from crm.reminders.rules.answers import Answer
from crm.reminders.rules.kinds import ReminderKind

LIVES = timedelta(days=14)
"""How long the links of a mail work after it was written."""
LONGEST = 400


class TokenFault(StrEnum):
    """Why a link of a mail does not work."""

    TAMPERED = "tampered"
    EXPIRED = "expired"


class BadToken(ValueError):
    """A link nobody can follow; `code` says why."""

    def __init__(self, code: TokenFault) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class AnswerToken:
    """Lets `person_id` give one answer to one reminder."""

    reminder_id: int
    person_id: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class ChoiceToken:
    """Lets `person_id` choose no longer to be mailed of these kinds."""

    person_id: int
    kinds: tuple[ReminderKind, ...]


class Tokens:
    """Writes and reads tokens with the installation's key."""

    def __init__(self, key: str) -> None:
        # A salt of its own for each purpose: a link to answer is no link to switch off.
        self._answers = _signer(key, "answer to a reminder")
        self._choices = _signer(key, "kinds of reminders")

    def answer(self, token: AnswerToken, at: datetime) -> str:
        """The token as it stands in a link written at that moment."""
        return _signed(
            self._answers, at, token.answer.value, str(token.reminder_id), str(token.person_id)
        )

    def read_answer(self, text: str, at: datetime) -> AnswerToken:
        """Raises BadToken."""
        answer, reminder, person = _parts(self._answers, text, at, 3)
        return AnswerToken(int(reminder), int(person), Answer(answer))

    def choice(self, token: ChoiceToken, at: datetime) -> str:
        """The token as it stands in a link written at that moment."""
        return _signed(
            self._choices, at, str(token.person_id), "-".join(kind.value for kind in token.kinds)
        )

    def read_choice(self, text: str, at: datetime) -> ChoiceToken:
        """Raises BadToken."""
        person, kinds = _parts(self._choices, text, at, 2)
        known = {kind.value: kind for kind in ReminderKind}
        return ChoiceToken(
            int(person), tuple(known[each] for each in kinds.split("-") if each in known)
        )


def _signer(key: str, salt: str) -> Signer:
    return Signer(
        key, salt=f"lianzhao {salt}", sep=".", key_derivation="hmac", digest_method=hashlib.sha256
    )


def _signed(signer: Signer, at: datetime, *parts: str) -> str:
    until = int((at + LIVES).astimezone(UTC).timestamp())
    return signer.sign("~".join((*parts, f"{until:x}"))).decode("ascii")


def _parts(signer: Signer, text: str, at: datetime, count: int) -> list[str]:
    """The signed parts, the day they end at left out. Raises BadToken."""
    if len(text) > LONGEST or not text.isascii():
        raise BadToken(TokenFault.TAMPERED)
    try:
        plain = signer.unsign(text).decode("ascii")
    except BadSignature as error:
        raise BadToken(TokenFault.TAMPERED) from error
    *parts, until = plain.split("~")
    if len(parts) != count:  # signed by another version of ours
        raise BadToken(TokenFault.TAMPERED)
    if at.timestamp() >= int(until, 16):
        raise BadToken(TokenFault.EXPIRED)
    return parts
