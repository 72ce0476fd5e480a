"""Money: whole units in integers, amounts as people type them, and how they are shown.

Stored money is an integer number of yuan, or of the foreign currency's own unit. Never a float.
"""

from crm.core.money.reading import AmountError, AmountFault, parse_amount
from crm.core.money.showing import brief_yuan, format_amount, format_money, format_yuan
from crm.core.money.units import (
    LARGEST,
    Amount,
    Qualifier,
    Unit,
    is_suspicious,
    to_yuan,
    unit_named,
    yuan_in,
)

__all__ = [
    "LARGEST",
    "Amount",
    "AmountError",
    "AmountFault",
    "Qualifier",
    "Unit",
    "brief_yuan",
    "format_amount",
    "format_money",
    "format_yuan",
    "is_suspicious",
    "parse_amount",
    "to_yuan",
    "unit_named",
    "yuan_in",
]
