"""Names of folders and files that Windows, a zip and a reader of Chinese all take."""

import unicodedata
from collections.abc import Iterable

LONGEST = 60
_RESERVED = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"COM{n}" for n in range(10)),
    *(f"LPT{n}" for n in range(10)),
}


def folder_name(number: int, title: str) -> str:
    """“03 样本项目”: numbered, so that any file manager keeps the order of the index."""
    return f"{number:02d} {_plain(title, LONGEST)}"


def file_name(number: int, place: int, word: str, filename: str) -> str:
    """“03-1 协议 合同扫描件.pdf”: the number of the index, what it proves, the file's own name."""
    stem, dot, extension = filename.rpartition(".")
    own = _plain(stem if dot else extension, LONGEST)
    ending = f".{_plain(extension, 8)}" if dot else ""
    return f"{number:02d}-{place} {_plain(word, 20)} {own}{ending}"


def unique_names(names: Iterable[str]) -> list[str]:
    """The names in their order, those that came before (in any case) with a number behind them."""
    taken: set[str] = set()
    found = []
    for name in names:
        stem, dot, extension = name.rpartition(".")
        kept, again = name, 1
        while kept.casefold() in taken:
            again += 1
            kept = f"{stem} ({again}){dot}{extension}" if dot else f"{name} ({again})"
        taken.add(kept.casefold())
        found.append(kept)
    return found


def _plain(text: str, longest: int) -> str:
    kept = "".join(
        c
        for c in unicodedata.normalize("NFC", text)
        if unicodedata.category(c)[0] != "C" and c not in '<>:"/\\|?*'
    )
    kept = " ".join(kept.split())[:longest].strip(". ")
    if kept.split(".")[0].upper() in _RESERVED:
        kept = f"_{kept}"
    return kept or "_"
