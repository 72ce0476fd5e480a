"""Chains and segments by the names ledgers give them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

_SQUARE = re.compile(r"\[[^\]]*\]")
_ROUND = re.compile(r"\([^)]*\)")
_JOINTS = re.compile(r"[/、\-—>→:;,|]+")
_TAILS = ("产业链条", "产业链", "产业集群", "产业", "链")


@dataclass(frozen=True, slots=True)
class KnownSegment:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class KnownChain:
    """A chain or future track: its name on screen, other names, its segments."""

    name: str
    code: str = ""
    aliases: tuple[str, ...] = ()
    segments: tuple[KnownSegment, ...] = ()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """What the district knows by name. Looking up never guesses: two candidates are none."""

    chains: tuple[KnownChain, ...]
    _chain_by_key: dict[str, KnownChain | None] = field(init=False, repr=False, compare=False)
    _segments_by_key: dict[str, tuple[tuple[KnownChain, KnownSegment], ...]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        chain_by_key: dict[str, KnownChain | None] = {}
        segments: dict[str, list[tuple[KnownChain, KnownSegment]]] = {}
        for chain in self.chains:
            names = {
                key for name in (chain.name, chain.code, *chain.aliases) for key in _keys(name)
            }
            for key in names:
                chain_by_key[key] = None if key in chain_by_key else chain
            for segment in chain.segments:
                for key in {*_keys(segment.name), *_keys(segment.code)}:
                    segments.setdefault(key, []).append((chain, segment))
        object.__setattr__(self, "_chain_by_key", chain_by_key)
        object.__setattr__(
            self, "_segments_by_key", {key: tuple(found) for key, found in segments.items()}
        )

    def chain(self, name: str) -> KnownChain | None:
        """The chain of that name; brackets and a closing 产业链, 产业 may be missing or added."""
        for key in _keys(name):
            found = self._chain_by_key.get(key)
            if found is not None:
                return found
            for tail in _TAILS:
                if key.endswith(tail) and (found := self._chain_by_key.get(key.removesuffix(tail))):
                    return found
        return None

    def segment(self, name: str, chain: KnownChain | None) -> KnownSegment | None:
        """The segment of that name within the chain; without a chain only a name used once."""
        for key in _keys(name):
            found = [
                segment
                for home, segment in self._segments_by_key.get(key, ())
                if chain is None or home is chain
            ]
            if len(found) == 1:
                return found[0]
        return None

    def chain_and_segment(self, text: str) -> tuple[KnownChain | None, KnownSegment | None]:
        """Reads one cell that names both (新型功能材料/电子陶瓷), either, or neither."""
        chain = self.chain(text)
        if chain is not None:
            return chain, None
        for joint in _JOINTS.finditer(text):
            chain = self.chain(text[: joint.start()])
            if chain is not None:
                return chain, self.segment(text[joint.end() :], chain)
        segment = self.segment(text, None)
        homes = (home for home in self.chains if segment in home.segments)
        return (next(homes), segment) if segment is not None else (None, None)


def _keys(name: str) -> Iterable[str]:
    """The name as looked up: without width, case, blanks and […]; then also without (…)."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    whole = _SQUARE.sub("", "".join(folded.split()))
    short = _ROUND.sub("", whole)
    return dict.fromkeys(key for key in (whole, short) if key)
