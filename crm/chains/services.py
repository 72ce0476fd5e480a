"""Loading the chain taxonomy. Idempotent: what exists is left alone, by code."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from crm.chains.models import Chain, Segment
from crm.chains.rules import ChainKind, Tier
from crm.core.db import db

_SUFFIX = re.compile(r"\[[^\]]*\]$")


def load_taxonomy(taxonomy: Mapping[str, Any]) -> int:
    """Chains, future tracks and segments of a taxonomy file; how many were new."""
    chains = {chain.code: chain for chain in db.session.scalars(select(Chain))}
    segments = set(db.session.scalars(select(Segment.code)))
    groups = {
        code: group["name"]
        for group in taxonomy.get("official_groups", ())
        for code in group["segments"]
    }
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
                        group_name=groups.get(part["code"]),
                        examples=part.get("examples"),
                        position=place,
                    )
                )
                added += 1
    return added
