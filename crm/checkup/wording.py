"""Words for papers and for what the checkup finds."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.checkup.rules import PaperState, Proof

# By class first: members of two StrEnums with the same value are equal and would share one key.
WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Proof: {
        Proof.SIGNING: _l("签约协议"),
        Proof.REGISTRATION: _l("营业执照"),
        Proof.START: _l("开工材料"),
        Proof.AMOUNT: _l("投资额材料"),
        Proof.REVENUE: _l("总部营收材料"),
        Proof.RANKING: _l("榜单证明"),
    },
    PaperState: {
        PaperState.IN_FOLDER: _l("已入包"),
        PaperState.NAMED: _l("有文号，缺扫描件"),
        PaperState.MISSING: _l("缺件"),
    },
}


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader's language. Raises KeyError."""
    return WORDS[type(code)][code]
