"""Loading the chain taxonomy. Idempotent: what exists is left alone, by code."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select, update

from crm.chains.models import Chain, ChainGroup, Segment
from crm.chains.rules import ChainKind, Tier
from crm.core.db import db

_SUFFIX = re.compile(r"\[[^\]]*\]$")


def load_taxonomy(taxonomy: Mapping[str, Any]) -> int:
    """Chains, future tracks and segments of a taxonomy file; how many were new."""
    chains = {chain.code: chain for chain in db.session.scalars(select(Chain))}
    segments = set(db.session.scalars(select(Segment.code)))
    added = position = 0
    for key, kind in (("chains", ChainKind.CHAIN), ("future_tracks", ChainKind.FUTURE_TRACK)):
        for entry in taxonomy.get(key, ()):
            position += 1
            chain = chains.get(entry["code"])
            if chain is None:
                chain = Chain(
                    code=entry["code"],
                    name=entry["name"],
                    name_en=entry.get("gloss"),
                    kind=kind,
                    anchor=entry.get("anchor"),
                    position=position,
                )
                db.session.add(chain)
                db.session.flush()
                added += 1
            for place, part in enumerate(entry["segments"]):
                if part["code"] in segments:
                    continue
                db.session.add(
                    Segment(
                        chain_id=chain.id,
                        code=part["code"],
                        name=_SUFFIX.sub("", part["name"]),
                        name_en=part.get("gloss"),
                        tier=Tier(part["tier"]) if part.get("tier") else None,
                        examples=part.get("examples"),
                        position=place,
                    )
                )
                added += 1
    db.session.flush()
    return added + _load_groups(taxonomy.get("official_groups", ()))


def _load_groups(entries: Iterable[Mapping[str, Any]]) -> int:
    """Chain groups, by name; one that is new takes the segments that stand in no group yet."""
    known = set(db.session.scalars(select(ChainGroup.name)))
    chains = {row.code: row.id for row in db.session.execute(select(Chain.code, Chain.id))}
    added = 0
    for position, entry in enumerate(entries, 1):
        if entry["name"] in known:
            continue
        group = ChainGroup(
            code=entry.get("code") or f"G{position}",
            name=entry["name"],
            name_en=entry.get("gloss"),
            chain_id=chains.get(entry.get("chain")),
            position=position,
        )
        db.session.add(group)
        db.session.flush()
        db.session.execute(
            update(Segment)
            .where(Segment.code.in_(entry["segments"]), Segment.group_id.is_(None))
            .values(group_id=group.id)
        )
        added += 1
    return added
