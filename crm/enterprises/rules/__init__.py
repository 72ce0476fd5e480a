"""Who a company is: credit code, names, pinyin, telephone. Pure."""

from crm.core.pinyin import pinyin_full, pinyin_initials
from crm.enterprises.rules.names import (
    loose_name,
    normalise_name,
    pieces,
    search_text,
    similar,
    similarity,
    title_key,
    without_regions,
)
from crm.enterprises.rules.ownership import Ownership
from crm.enterprises.rules.phones import mask_phone, normalise_phone
from crm.enterprises.rules.seats import names_of_division, read_division, seat_of
from crm.enterprises.rules.uscc import (
    UsccFault,
    UsccFaultCode,
    check_character,
    clean_uscc,
    is_uscc,
    suggest_uscc,
    why_not_uscc,
)

__all__ = [
    "Ownership",
    "UsccFault",
    "UsccFaultCode",
    "check_character",
    "clean_uscc",
    "is_uscc",
    "loose_name",
    "mask_phone",
    "names_of_division",
    "normalise_name",
    "normalise_phone",
    "pieces",
    "pinyin_full",
    "pinyin_initials",
    "read_division",
    "search_text",
    "seat_of",
    "similar",
    "similarity",
    "suggest_uscc",
    "title_key",
    "why_not_uscc",
    "without_regions",
]
