"""Thresholds held against the figure that judges, with every doubt about it."""

from collections.abc import Iterator, Sequence
from typing import Any

from crm.leads.rules import CNY, Basis, Figure, FigureStanding, Qualifier, judged_figure
from crm.quotas.rules.findings.reading import C, FigureChoice, Read, Said, Weighed, said

_DOUBTS = (
    C.AMOUNT_EXPECTED,
    C.AMOUNT_STATED,
    C.AMOUNT_ABOUT,
    C.AMOUNT_PROVISIONAL,
    C.BASIS_MISSING,
    C.SOURCE_TO_COME,
    C.COMMITMENT_UNMET,
)
"""Why an amount that reaches a threshold waits for evidence, in the order they are told."""


_EXPECTED, _STATED, _ABOUT, _PROVISIONAL, _NO_BASIS, _NO_SOURCE, _UNMET = (
    1 << position for position in range(len(_DOUBTS))
)


_DOUBTED = tuple(
    said(None, None, *(code for place, code in enumerate(_DOUBTS) if doubts >> place & 1))
    for doubts in range(1 << len(_DOUBTS))
)
"""The answer to every set of doubts."""


_NOTHING = Weighed(None, said(False, None, C.AMOUNT_MISSING))


_NO_RATE = said(None, None, C.AMOUNT_WITHOUT_RATE)


_OTHER_BASIS = said(False, None, C.BASIS_NOT_ACCEPTED)


def weigh(choice: FigureChoice, read: Read) -> Weighed:
    """The lead's figure for a choice, found once however many thresholds ask."""
    weighed = read.weighed
    if weighed is None:
        weighed = read.weighed = {}
    found = weighed.get(choice)
    if found is None:
        figures = [figure for figure in read.figures if figure.kind is choice.field]
        found = weighed[choice] = _weigh(choice, figures, read) if figures else _NOTHING
    return found


def _weigh(choice: FigureChoice, figures: Sequence[Figure], read: Read) -> Weighed:
    based = figures
    if choice.basis:
        based = [f for f in figures if f.basis is None or f.basis in choice.basis]
    sourced = based
    if choice.sources:
        sourced = [f for f in based if f.source in choice.sources]
    judged = judged_figure(
        sourced or based or figures, choice.field, signed=read.signing is not None, on=read.on
    )
    assert judged is not None  # there are figures, and all of them are known by then
    if not based:
        return Weighed(judged, _OTHER_BASIS)
    figure = judged.figure
    if figure.yuan is None:
        return Weighed(judged, _NO_RATE)
    weighed = Weighed(judged, None, figure.yuan)
    weighed.is_about = figure.qualifier is Qualifier.ABOUT
    if judged.standing is FigureStanding.EXPECTED:
        weighed.doubts |= _EXPECTED
    elif judged.standing is FigureStanding.STATED:
        weighed.doubts |= _STATED
    if figure.is_provisional:
        weighed.doubts |= _PROVISIONAL
    if choice.basis and figure.basis is None:
        weighed.doubts |= _NO_BASIS
    if not sourced:
        weighed.doubts |= _NO_SOURCE
    if figure.basis is Basis.COMMITTED:
        weighed.actual_after = min(
            (
                f.yuan
                for f in figures
                if f.basis is Basis.ACTUAL and f.on.year > figure.on.year and f.yuan is not None
            ),
            default=None,
        )
    return weighed


class AmountQuestion:
    """A threshold held against a figure.

    兑现复核: where a commitment judges and a later year's actual revenue stays below the
    threshold, the lead is 待补佐证; once that actual figure has a paper it is the firmer figure
    itself and judges, so the lead does not count.
    """

    def __init__(self, choice: FigureChoice, least: int, about_margin_percent: int) -> None:
        self.choice, self.least = choice, least
        self.about_width = least * about_margin_percent

    def say(self, read: Read) -> Said:
        weighed = weigh(self.choice, read)
        if weighed.flaw is not None:
            return weighed.flaw
        lacks, doubts = self.least - weighed.yuan, weighed.doubts
        # 约 leaves open on which side of the threshold the amount lies.
        if weighed.is_about and abs(lacks) * 100 <= self.about_width:
            doubts |= _ABOUT
        elif lacks > 0:
            return _BELOW_DOUBTED if doubts else _BELOW
        if weighed.actual_after is not None and weighed.actual_after < self.least:
            doubts |= _UNMET
        return _DOUBTED[doubts] if doubts else _REACHED

    def tell(self, read: Read, answer: Said) -> Iterator[dict[str, Any]]:
        values: dict[str, Any] = {"field": self.choice.field, "threshold": self.least}
        weighed = weigh(self.choice, read)
        if weighed.judged is None:
            yield {**values, "code": answer.codes[0]}
            return
        figure = weighed.judged.figure
        values |= _values_of(figure)
        values["basis"] = figure.basis if self.choice.basis else None
        for code in answer.codes:
            more: dict[str, Any] = {"code": code}
            if code is C.AMOUNT_BELOW:
                more["lacks_yuan"] = self.least - weighed.yuan
            elif code is C.SOURCE_TO_COME:
                more["accepted_sources"] = self.choice.sources
            elif code is C.COMMITMENT_UNMET:
                more["lacks_yuan"] = self.least - (weighed.actual_after or 0)
            yield {**values, **more}


_REACHED = said(True, False, C.AMOUNT_REACHED)


_BELOW = said(False, True, C.AMOUNT_BELOW)


_BELOW_DOUBTED = said(False, None, C.AMOUNT_BELOW)


def _values_of(figure: Figure) -> dict[str, Any]:
    values: dict[str, Any] = {
        "value": figure.yuan,
        "qualifier": figure.qualifier,
        "source": figure.source,
        "on": figure.on,
        "document": figure.document,
    }
    if figure.currency != CNY:
        values |= {
            "amount": figure.amount,
            "currency": figure.currency,
            "rate": figure.rate,
            "rate_on": figure.rate_on,
        }
    return values
