"""Text search: the index loses nothing, and two characters are enough."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm.core import search
from crm.core.db import db, transaction
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import search_text
from crm.leads import queries
from crm.leads.models import Lead
from crm.leads.rules.filters import LeadFilter
from tests.databases import is_sqlite, trial

TODAY = date(2026, 11, 23)
LETTERS = "项目天桥济南a1%_\\'·—（"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(st.text(LETTERS, max_size=8), min_size=1, max_size=6),
    word=st.text(LETTERS, min_size=1, max_size=5),
)
def test_a_search_finds_exactly_the_texts_that_contain_the_word(app, texts, word):
    with app.app_context(), trial():
        rows = [
            Enterprise(name="x", name_norm="x", name_loose="x", search_text=text) for text in texts
        ]
        db.session.add_all(rows)
        db.session.flush()
        mine = Enterprise.id.in_([row.id for row in rows])
        found = db.session.scalars(
            select(Enterprise.id).where(mine, search.contains(Enterprise.search_text, [word]))
        ).all()
        expected = [row.id for row in rows if word in row.search_text]
    assert sorted(found) == expected


@pytest.mark.parametrize("is_common", [False, True])
def test_frequent_and_rare_words_are_looked_up_differently_and_mean_the_same(
    app, monkeypatch, is_common
):
    """Every path of `look_up`: everywhere, frequent, rare."""
    texts = ["动力电池项目"] * 6 + ["轴承项目", "济南轴承", "别的"]
    with app.app_context(), trial():
        rows = [
            Lead(title="x", search_text=text, stage_since=TODAY, last_progress_on=TODAY)
            for text in texts
        ]
        db.session.add_all(rows)
        db.session.flush()
        monkeypatch.setattr(search, "FEW", 3)
        monkeypatch.setattr(search, "SAMPLE", 500 if is_common else 100_000)
        for words in (["项目"], ["轴承"], ["济"], ["轴承", "济南"], ["没有"]):
            expected = {row.id for row in rows if all(word in row.search_text for word in words)}
            found = search.look_up(db.session(), Lead.id, Lead.search_text, words)
            for condition in (found.walked, found.counted):
                assert set(db.session.scalars(select(Lead.id).where(condition))) == expected


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("风电", True),
        ("风", True),
        ("叶片制造", True),
        ("fdyp", True),
        ("FDYP", True),
        ("风电 示例", True),
        ("ＢＢ2026", True),
        ("风 电叶", True),
        ("片叶", False),
        ("风电 没有", False),
        ("%", False),
        ("·", False),
    ],
)
def test_people_find_a_lead_by_any_part_of_its_names(app, person, query, is_found):
    director = person("director")
    with app.app_context(), transaction() as session:
        session.add(
            Lead(
                title="风电叶片制造基地",
                search_text=search_text("风电叶片制造基地", "示例集团", "fdypzzjd", "BB20261123-1"),
                stage_since=TODAY,
                last_progress_on=TODAY,
            )
        )
    with app.app_context():
        wanted = LeadFilter(q=query)
        found = queries.text_found(wanted)
        assert found is not None
        for text in (None, found.walked, found.counted):
            matching = queries.leads_matching(director, wanted, TODAY, text=text)
            assert bool(db.session.scalars(matching).all()) is is_found


def test_the_index_answers_two_characters_on_postgresql(app):
    if is_sqlite(app):
        pytest.skip("SQLite reads every row")
    with app.app_context(), trial():
        db.session.add_all(
            Enterprise(name="x", name_norm="x", name_loose="x", search_text=f"第{n}家公司")
            for n in range(3000)
        )
        db.session.flush()
        db.session.execute(db.text("ANALYZE enterprises"))
        statement = select(Enterprise.id).where(search.contains(Enterprise.search_text, ["88"]))
        plan = explained(statement)
    assert "search_enterprises" in plan


def explained(statement: Any) -> str:
    compiled = statement.compile(db.engine, compile_kwargs={"render_postcompile": True})
    connection = db.session.connection().connection
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {compiled.string}", compiled.params)
        return "\n".join(row[0] for row in cursor.fetchall())
