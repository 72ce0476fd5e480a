"""Text search in one folded column: any part of a name, two Chinese characters as well as ten.

Everywhere a search is `LIKE '%term%'`. On PostgreSQL an index of the single characters and the
pairs of neighbouring characters of every text (`search_grams`, migration 0002) narrows it to a
superset first: trigrams, the usual way, do not help a two-character Chinese term.
"""

import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text, and_, bindparam, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

LONGEST_QUERY = 100
MOST_TERMS = 8
ESCAPE = "\\"


def fold(text: str) -> str:
    """Text as a `search_text` column holds it and as a query is compared with it.

    Full-width becomes half-width, capitals small, NUL and every run of white space one blank.
    """
    return " ".join(unicodedata.normalize("NFKC", text.replace("\x00", " ")).casefold().split())


def search_text(parts: Iterable[str | None]) -> str:
    """The value of a `search_text` column: every name once, one a line."""
    folded = (fold(part) for part in parts if part)
    return "\n".join(dict.fromkeys(part for part in folded if part))


def terms(query: str) -> tuple[str, ...]:
    """The words of a query, folded, each once. All of them must be found."""
    return tuple(dict.fromkeys(fold(query[:LONGEST_QUERY]).split()))[:MOST_TERMS]


def like_pattern(term: str) -> str:
    """`%term%` with the wildcards of LIKE taken literally."""
    for sign in (ESCAPE, "%", "_"):
        term = term.replace(sign, ESCAPE + sign)
    return f"%{term}%"


def grams(term: str) -> tuple[str, ...]:
    """What the index is asked for: the neighbouring pairs of a term, or its only character."""
    if len(term) < 2:
        return (term,) if term else ()
    return tuple(dict.fromkeys(term[at : at + 2] for at in range(len(term) - 1)))


def contains(column: InstrumentedAttribute[str], query: str) -> ColumnElement[bool]:
    """The condition that a folded column contains every word of the query, wherever it stands."""
    found: list[ColumnElement[bool]] = []
    for term in terms(query):
        asked = bindparam(None, list(grams(term)), type_=ARRAY(Text()), unique=True)
        found += (_HasGrams(column, asked), column.like(like_pattern(term), escape=ESCAPE))
    return and_(true(), *found)


class _HasGrams(FunctionElement[bool]):
    """A superset of `column LIKE '%term%'` that PostgreSQL answers from its index."""

    inherit_cache = True
    type = Boolean()


@compiles(_HasGrams)
def _portable(_element: _HasGrams, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "1 = 1"


@compiles(_HasGrams, "postgresql")
def _indexed(element: _HasGrams, compiler: SQLCompiler, **kw: Any) -> str:
    column, asked = element.clauses
    return f"search_grams({compiler.process(column, **kw)}) @> {compiler.process(asked, **kw)}"
