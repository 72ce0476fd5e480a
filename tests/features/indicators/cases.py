"""A month's figure of an indicator sent by its form, and the pages it is read from."""

import html
import re
from datetime import date

TODAY = date(2026, 11, 23)
OWNER = "自然资源局"


def figure(**change):
    return {
        "value": "2400亩",
        "as_of": "2026-10-25",
        "document": "天资报〔2026〕10号",
        "last_year": "2300",
        "note": "",
        "seen": "0",
        **change,
    }


def post(client, code="land", month="2026-10", **change):
    return client.post(f"/quotas/2026/{code}/report?month={month}", data=figure(**change))


def text_of(answer):
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def row_of(answer, name):
    """The words of one row of the board."""
    found = re.search(
        rf'<tr>\s*<td class="cell-main"><a [^>]*>{name}</a>.*?</tr>', answer.text, re.DOTALL
    )
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", found[0])))
