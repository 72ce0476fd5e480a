"""Text search in one folded column: any part of a name, two Chinese characters as well as ten.

Everywhere a search is `LIKE '%term%'`. On PostgreSQL an index of the single characters and the
pairs of neighbouring characters of every text (`search_grams`, migration 0002) narrows it to a
superset first: trigrams, the usual way, do not help a two-character Chinese term.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Text,
    and_,
    any_,
    bindparam,
    false,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

LONGEST_QUERY = 100
MOST_TERMS = 8
FEW = 1000
"""Up to so many rows a search is answered by their ids."""
SAMPLE = 500
"""So many of the newest rows tell whether a word stands nearly everywhere."""
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


@dataclass(frozen=True, slots=True)
class Found:
    """The condition that a text contains some words, in the form that suits each use.

    `walked` suits a page in the order of another index, `counted` a count that stops somewhere.
    Both mean the same rows.
    """

    walked: ColumnElement[bool]
    counted: ColumnElement[bool]


def contains(column: InstrumentedAttribute[str], words: Iterable[str]) -> ColumnElement[bool]:
    """The condition that a folded column contains every one of the words, wherever they stand.

    Without a word (a query of nothing but dots or brackets) nothing is found.
    """
    words = tuple(words)
    return and_(*(_has_grams(column, word) for word in words), _is_like(column, words))


def look_up(
    session: Session,
    ids: InstrumentedAttribute[int],
    column: InstrumentedAttribute[str],
    words: Sequence[str],
) -> Found:
    """The same, after a look at how common the words are; at most two small queries.

    PostgreSQL has no statistics of pairs that always come together (有限, 公司), so it would walk
    the whole index for one row, or sort sixty thousand. Rare words become the ids of their rows;
    frequent ones are met soon enough by walking the rows in the order of the page.
    """
    plain = _is_like(column, words)
    if not words or session.get_bind().dialect.name != "postgresql":
        return Found(plain, plain)
    newest = select(column.label("text")).order_by(ids.desc()).limit(SAMPLE).subquery()
    in_sample = session.scalar(
        select(func.count()).select_from(newest).where(_is_like(newest.c.text, words))
    )
    if (in_sample or 0) * 5 >= SAMPLE:
        return Found(plain, plain)
    indexed = contains(column, words)
    rows = session.scalars(select(ids).where(indexed).limit(FEW + 1)).all()
    if len(rows) > FEW:
        return Found(plain, indexed)
    known = ids == any_(bindparam(None, list(rows), type_=ARRAY(BigInteger()), unique=True))
    return Found(known, known)


def _is_like(column: Any, words: Sequence[str]) -> ColumnElement[bool]:
    if not words:
        return false()
    return and_(*(column.like(like_pattern(word), escape=ESCAPE) for word in words))


def _has_grams(column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    return _HasGrams(column, bindparam(None, list(grams(word)), type_=ARRAY(Text()), unique=True))


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
    searched = compiler.process(column, **kw)
    return f'search_grams({searched} COLLATE "C") @> {compiler.process(asked, **kw)}'
