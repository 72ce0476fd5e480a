"""Loading the chains of a preset: whole, again without effect, and over nobody's work."""

import json
from pathlib import Path

from sqlalchemy import delete, func, select

from crm.chains import services
from crm.chains.models import ChainGroup, Segment, SegmentLink
from crm.core.db import transaction

PRESET = Path(__file__).resolve().parents[2] / "crm" / "presets" / "tianqiao" / "chains.json"
TAXONOMY = json.loads(PRESET.read_text(encoding="utf-8"))


def segment(session, code):
    return session.scalars(select(Segment).where(Segment.code == code)).one()


def links(session):
    return session.scalar(select(func.count()).select_from(SegmentLink))


def test_what_an_office_changed_outlives_the_next_loading(db_session):
    assert links(db_session) == len(TAXONOMY["links"])
    assert "钕铁硼" in segment(db_session, "NFM-M12").keywords
    with transaction() as session:
        ours, older = segment(session, "NFM-M12"), segment(session, "NFM-M13")
        ours.name_en, ours.keywords, ours.version = "Magnets", None, 2
        older.name_en, older.keywords = (
            "Membranes",
            None,
        )  # as an earlier edition of the file had it
        session.execute(delete(SegmentLink).where(SegmentLink.from_id == ours.id))
    left = links(db_session)
    assert left < len(TAXONOMY["links"])
    for _ in range(2):
        with transaction():
            assert services.load_taxonomy(TAXONOMY) == 0
    assert (segment(db_session, "NFM-M12").name_en, segment(db_session, "NFM-M12").keywords) == (
        "Magnets",
        None,
    )
    assert segment(db_session, "NFM-M13").name_en == "Separation membranes"
    assert links(db_session) == left


def test_a_group_the_office_renamed_stays_the_offices(db_session):
    with transaction() as session:
        group = session.scalars(select(ChainGroup).where(ChainGroup.code == "NEM")).one()
        group.name, group.version = "新能源材料链群", 2
    with transaction():
        assert services.load_taxonomy(TAXONOMY) == 0
    assert db_session.scalar(select(func.count()).select_from(ChainGroup)) == 7


def test_a_link_of_the_file_never_closes_a_circle_with_one_of_the_office(db_session):
    def file(*codes, links=()):
        parts = [{"code": code, "name": code} for code in codes]
        return {"chains": [{"code": "Q", "name": "试链", "segments": parts}], "links": links}

    with transaction() as session:
        services.load_taxonomy(file("Q-A", "Q-B"))
        start, end = segment(session, "Q-A"), segment(session, "Q-B")
        session.add(SegmentLink(from_id=end.id, to_id=start.id))
    more = [{"from": "Q-A", "to": "Q-C"}, {"from": "Q-C", "to": "Q-B"}]
    with transaction():
        assert services.load_taxonomy(file("Q-A", "Q-B", "Q-C", links=more)) == 2
    new = segment(db_session, "Q-C")
    ends = db_session.execute(
        select(SegmentLink.from_id, SegmentLink.to_id).where(
            (SegmentLink.from_id == new.id) | (SegmentLink.to_id == new.id)
        )
    ).all()
    assert ends == [(start.id, new.id)]
