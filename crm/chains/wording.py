"""The words for the codes of chains."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.chains.rules import ChainKind, Tier
from crm.core.language import is_chinese

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Tier: {Tier.UP: _l("上游"), Tier.MID: _l("中游"), Tier.DOWN: _l("下游")},
    ChainKind: {ChainKind.CHAIN: _l("产业链"), ChainKind.FUTURE_TRACK: _l("未来赛道")},
}


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]


def named(name: str, name_en: str | None) -> str:
    """The name of a chain or segment in the reader's language; without an English one the Chinese."""
    return name_en if name_en and not is_chinese() else name
