"""The key under which a company's English name stands, however a list prints it."""

import re
import unicodedata

# Words that say nothing about which company is meant: articles, legal forms, and what groups add.
IDLE = {
    "THE", "OF", "AND", "INC", "INCORPORATED", "CORP", "CORPORATION", "CO", "COMPANY", "LTD", "LIMITED",
    "PLC", "LLC", "LP", "NV", "SA", "SE", "AG", "SPA", "SAS", "AB", "ASA", "OYJ", "KG", "KGAA", "GMBH", "BHD",
    "PJSC", "PAO", "COM", "GROUP", "GROUPE", "GRUPO", "HOLDING", "HOLDINGS", "ASSN",
}  # fmt: skip
CHINESE = re.compile(r"[\u3400-\u9fff]")
_INSIDE = re.compile(r"(?<=[A-Z])[.’'](?=[A-Z])|(?<=\b[A-Z])\.|[’']")
_WORD = re.compile(r"[A-Z0-9]+")


def english_words(name: str) -> tuple[str, ...]:
    """JPMORGAN CHASE & CO. → ("JPMORGAN", "CHASE"); accents, case, points and legal forms fall away.

    A name that is nothing but such words keeps them all (Group Ltd. would else be everybody).
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name))
    plain = "".join(char for char in folded if not unicodedata.combining(char)).upper()
    # Amazon.com and SUNING.COM lose the ending first; what is left of points joins letters: U.S.
    plain = re.sub(r"\.COM\b", " ", plain)
    words = tuple(_WORD.findall(_INSIDE.sub("", plain)))
    return tuple(word for word in words if word not in IDLE) or words


def english_key(name: str) -> str:
    """Equal for two spellings of one English name; empty for a Chinese one, whatever Latin is in it."""
    return "" if CHINESE.search(name) else " ".join(english_words(name))
