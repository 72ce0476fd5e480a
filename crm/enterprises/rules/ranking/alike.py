"""Finding like names among thousands without comparing each with each."""

from collections.abc import Iterator

SHORTEST = 5
"""One character in four is too much of a name: 中国电信, 中国电子."""
TWO_FROM = 10


def spoilt(loose: str) -> Iterator[str]:
    """A loose key and what is left of it without one character, of a long one without two.

    Two keys that `similar` would call alike share one of these: 88 % allow one character more or
    less in keys of up to eight, one exchanged in keys of nine and more, two more in keys of ten and
    more. (What they allow beyond that, in keys of more than twelve characters, is not looked for.)
    """
    if len(loose) < SHORTEST:
        return
    yield loose
    once = [loose[:at] + loose[at + 1 :] for at in range(len(loose))]
    yield from once
    if len(loose) >= TWO_FROM:
        for first, left in enumerate(once):
            for at in range(first, len(left)):
                yield left[:at] + left[at + 1 :]
