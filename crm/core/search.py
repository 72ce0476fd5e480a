"""Text search in one folded column: any part of a name, two Chinese characters as well as ten.

Everywhere a search is `LIKE '%term%'`. On PostgreSQL an index of the single characters and the
pairs of neighbouring characters of every text (`search_grams`, migration 0002) narrows it to a
superset first: trigrams, the usual way, do not help a two-character Chinese term.
"""

from collections.abc import Callable, Iterable
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


def terms(query: str, fold: Callable[[str], str]) -> tuple[str, ...]:
    """The words of a query, each once, in the spelling the column has; all of them must be found.

    `fold` is the function that also made the column's text.
    """
    words = (fold(word) for word in query.replace("\x00", " ")[:LONGEST_QUERY].split())
    return tuple(dict.fromkeys(word for word in words if word))[:MOST_TERMS]


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


def contains(column: InstrumentedAttribute[str], words: Iterable[str]) -> ColumnElement[bool]:
    """The condition that a folded column contains every one of the words, wherever they stand."""
    found: list[ColumnElement[bool]] = []
    for term in words:
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
