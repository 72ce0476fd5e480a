"""Telephone numbers: one spelling each, and masked where they are shown."""

import re
import unicodedata

LONGEST = 40
MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
LANDLINE = re.compile(
    r"(?:(?:\+?86|0086)0?)?(?P<area>0?(?:10|2[0-9])|0?[3-9][0-9]{2})(?P<local>[2-9][0-9]{6,7})"
    r"(?:(?:转|ext\.?|x|#)(?P<extension>[0-9]{1,6}))?"
)
SERVICE = re.compile(r"([48]00)([0-9]{7})")
FOREIGN = re.compile(r"(?:\+|00)([1-9][0-9]{6,14})")
LOCAL = re.compile(r"[2-9][0-9]{6,7}")


def normalise_phone(text: str | int) -> str | None:
    """13800001001, 0531-88881234, 0531-88881234-801, 400-8001234, +4989123456; None if it is no number.

    A local number without area code stays as it is.
    """
    folded = unicodedata.normalize("NFKC", str(text)).strip().lower()
    if len(folded) > LONGEST:
        return None
    # A short group behind a hyphen is an extension, every other mark only parts the digits.
    folded = re.sub(r"(?<=[0-9]{7})-([0-9]{1,5})$", r"转\1", folded)
    plain = re.sub(r"[\s()\-.—–]", "", folded).removesuffix("转")
    if found := MOBILE.fullmatch(plain):
        return found[1]
    if found := SERVICE.fullmatch(plain):
        return f"{found[1]}-{found[2]}"
    if plain.startswith(("0", "86", "+86")) and (found := LANDLINE.fullmatch(plain)):
        area = found["area"] if found["area"].startswith("0") else f"0{found['area']}"
        number = f"{area}-{found['local']}"
        return f"{number}-{found['extension']}" if found["extension"] else number
    if found := FOREIGN.fullmatch(plain):
        return None if found[1].startswith("86") else f"+{found[1]}"
    return plain if LOCAL.fullmatch(plain) else None


def mask_phone(text: str) -> str:
    """138****1001, 0531-****1234, +49****3456; of anything else at most the last two digits."""
    number = normalise_phone(text)
    if number is None:
        digits = re.sub(r"[^0-9]", "", text)
        return f"****{digits[-2:]}" if len(digits) >= 7 else "****"
    if MOBILE.fullmatch(number):
        return f"{number[:3]}****{number[-4:]}"
    if number.startswith("+"):
        tail = 4 if len(number) > 9 else 2
        return f"{number[:3]}****{number[-tail:]}"
    area, _, local = number.partition("-")
    if not local:
        return f"****{number[-4:]}"
    return f"{area}-****{local.partition('-')[0][-4:]}"
