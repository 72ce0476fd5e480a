"""Loading the chain taxonomy. Idempotent, and what an office changed stays as it made it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select, update

from crm.chains.models import Chain, ChainGroup, Segment, SegmentLink
from crm.chains.queries import terms_in_use
from crm.chains.rules import DEFAULT_WEIGHT, ChainKind, SegmentLayout, Tier
from crm.chains.rules.links import way_between
from crm.chains.rules.suggesting import reworded
from crm.chains.services.groups import GROUP_REMOVED
from crm.chains.services.suggesting import suggest_after
from crm.core.db import db
from crm.history.models import AuditEvent

_SUFFIX = re.compile(r"\[[^\]]*\]$")


def load_taxonomy(taxonomy: Mapping[str, Any]) -> int:
    """Chains, segments, groups and links of a taxonomy file; how many were new.

    A segment nobody has changed (version 1) takes the file's words; any other is left alone.
    """
    known_by = terms_in_use()
    chains = {chain.code: chain for chain in db.session.scalars(select(Chain))}
    segments = {segment.code: segment for segment in db.session.scalars(select(Segment))}
    known = set(segments)
    added = position = 0
    for key, kind in (("chains", ChainKind.CHAIN), ("future_tracks", ChainKind.FUTURE_TRACK)):
        for entry in taxonomy.get(key, ()):
            position += 1
            chain = chains.get(entry["code"])
            if chain is None:
                chain = Chain(code=entry["code"], kind=kind, position=position, version=1)
                db.session.add(chain)
                added += 1
            if chain.version == 1:
                chain.name = entry["name"]
                chain.name_en = entry.get("gloss")
                chain.anchor = entry.get("anchor")
            db.session.flush()
            for place, part in enumerate(entry["segments"]):
                segment = segments.get(part["code"])
                if segment is None:
                    segment = segments[part["code"]] = Segment(
                        chain_id=chain.id,
                        code=part["code"],
                        position=place,
                        version=1,
                        retired_on=chain.retired_on,
                    )
                    db.session.add(segment)
                    added += 1
                if segment.version == 1:
                    _describe(segment, part)
    db.session.flush()
    suggest_after(reworded(known_by, terms_in_use()))
    ids = {code: segment.id for code, segment in segments.items()}
    return (
        added
        + _load_groups(taxonomy.get("official_groups", ()))
        + _load_links(taxonomy.get("links", ()), ids, known)
    )


def _describe(segment: Segment, part: Mapping[str, Any]) -> None:
    segment.name = _SUFFIX.sub("", part["name"])
    segment.name_en = part.get("gloss")
    segment.tier = Tier(part["tier"]) if part.get("tier") else None
    segment.layout = SegmentLayout(part.get("layout", SegmentLayout.FOCUS))
    segment.is_key = part.get("is_key", False)
    segment.weight = part.get("weight", DEFAULT_WEIGHT)
    segment.keywords = part.get("keywords")
    segment.industry_codes = part.get("industry_codes")
    segment.examples = part.get("examples")


def _load_groups(entries: Iterable[Mapping[str, Any]]) -> int:
    """Chain groups, by code or name; one that is new takes the segments that stand in no group yet.

    A group an office renamed stays as it is, and one it took away stays away.
    """
    rows = db.session.scalars(select(ChainGroup)).all()
    groups = {row.code: row for row in rows} | {row.name: row for row in rows}
    chains = {row.code: row.id for row in db.session.execute(select(Chain.code, Chain.id))}
    taken_away = _groups_taken_away()
    added = 0
    for position, entry in enumerate(entries, 1):
        code = entry.get("code") or f"G{position}"
        known = groups.get(code) or groups.get(entry["name"])
        if known is not None:
            if known.version == 1 and known.name_en is None:
                known.name_en = entry.get("gloss")
            continue
        if code in taken_away:
            continue
        group = ChainGroup(
            code=code,
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


def _groups_taken_away() -> set[str]:
    """The codes of the groups that somebody took away, as the trail has them."""
    statement = select(AuditEvent.before).where(
        AuditEvent.subject_type == ChainGroup.__tablename__,
        AuditEvent.action == GROUP_REMOVED,
    )
    return {before["code"] for before in db.session.scalars(statement) if before}


def _load_links(
    entries: Iterable[Mapping[str, Any]], ids: Mapping[str, int], known: set[str]
) -> int:
    """Links between segments. Those between segments `known` before come with the first ones only,
    so that one which an office took away stays away; none closes a circle with an office's own."""
    feeds: dict[int, set[int]] = defaultdict(set)
    for from_id, to_id in db.session.execute(select(SegmentLink.from_id, SegmentLink.to_id)):
        feeds[from_id].add(to_id)
    is_first = not feeds
    added = 0
    for entry in entries:
        ends = {entry["from"], entry["to"]}
        if not is_first and ends <= known:
            continue
        from_id, to_id = ids[entry["from"]], ids[entry["to"]]
        if to_id in feeds[from_id] or way_between(feeds, to_id, from_id):
            continue
        feeds[from_id].add(to_id)
        db.session.add(SegmentLink(from_id=from_id, to_id=to_id, product=entry.get("product")))
        added += 1
    db.session.flush()
    return added
