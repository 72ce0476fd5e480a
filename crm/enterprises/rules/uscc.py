"""The unified social credit code (统一社会信用代码) by GB 32100-2015.

18 characters out of 31: registering authority, kind of body, 6 digits of the registering region, the
9-character organisation code (GB 11714, with a check of its own) and the check character.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
INNER_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
REGION = range(2, 8)
SLIPS = str.maketrans("OIZS", "0125")


class UsccFaultCode(StrEnum):
    LENGTH = "length"
    ALPHABET = "alphabet"
    REGION = "region"
    CHECK = "check"
    INNER_CHECK = "inner_check"


@dataclass(frozen=True, slots=True)
class UsccFault:
    """One thing wrong with a code; `position` counts from 1 where a single character is meant."""

    code: UsccFaultCode
    position: int | None = None

    @property
    def is_warning(self) -> bool:
        """Some old codes carry an organisation code whose own check fails."""
        return self.code is UsccFaultCode.INNER_CHECK


def clean_uscc(text: str) -> str:
    """As it is stored: half width, upper case, no blanks and hyphens."""
    folded = unicodedata.normalize("NFKC", text).upper()
    invisible = ("Cc", "Cf", "Zs", "Pd")
    return "".join(c for c in folded if unicodedata.category(c) not in invisible)


def why_not_uscc(text: str) -> tuple[UsccFault, ...]:
    """Everything wrong with a code, warnings last; empty for a sound one. Cleans the text itself."""
    code = clean_uscc(text)
    faults = [] if len(code) == LENGTH else [UsccFault(UsccFaultCode.LENGTH)]
    for position, char in enumerate(code[:LENGTH]):
        if char not in ALPHABET:
            faults.append(UsccFault(UsccFaultCode.ALPHABET, position + 1))
        elif position in REGION and not char.isdigit():
            faults.append(UsccFault(UsccFaultCode.REGION, position + 1))
    if any(fault.code is not UsccFaultCode.REGION for fault in faults):
        return tuple(faults)
    if code[-1] != check_character(code[:-1]):
        faults.append(UsccFault(UsccFaultCode.CHECK, LENGTH))
    if code[16] != _inner_check(code[8:16]):
        faults.append(UsccFault(UsccFaultCode.INNER_CHECK, 17))
    return tuple(faults)


def is_uscc(text: str) -> bool:
    """Whether the code can be taken; a warning does not stand against it."""
    return all(fault.is_warning for fault in why_not_uscc(text))


def suggest_uscc(text: str) -> str | None:
    """The sound code meant where only O, I, Z, S were typed for 0, 1, 2, 5. To be confirmed by a person."""
    code = clean_uscc(text)
    meant = code.translate(SLIPS)
    return meant if meant != code and is_uscc(meant) else None


def check_character(body: str) -> str:
    """The 18th character for the first 17."""
    total = sum(ALPHABET.index(c) * weight for c, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def _inner_check(body: str) -> str:
    """The check of a GB 11714 organisation code: letters count A=10 … Z=35."""
    total = sum(int(c, 36) * weight for c, weight in zip(body, INNER_WEIGHTS, strict=True))
    return "0X987654321"[total % 11]
