"""Mails word for word: what was written, against the file that says how it reads.

A wanted change: run the tests with WRITE_MAILS=1, then read what they wrote.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from crm.core.mail import Letter

MAILS = Path(__file__).resolve().parent / "fixtures" / "mails"
LOCALES = ("zh", "en")
PARTS = ("text", "html")


def reads_exactly(
    letter: Letter, name: str, part: str, hide: Iterable[tuple[str, str]] = ()
) -> bool:
    """Whether the text or the HTML of a letter is what its file says.

    `hide`: what differs between two runs, and what stands in the file for it.
    """
    content = f"{letter.subject}\n\n{getattr(letter, part)}\n"
    for of_this_run, stands_for_it in hide:
        content = content.replace(of_this_run, stands_for_it)
    file = MAILS / f"{name}.{letter.locale}.{'txt' if part == 'text' else 'html'}"
    if os.environ.get("WRITE_MAILS"):
        file.write_text(content, encoding="utf-8")
    assert content == file.read_text(encoding="utf-8")
    return True
