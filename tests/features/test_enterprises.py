"""Companies: registering and telling apart, parents, contacts, rankings. Services on both databases."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.core.db import transaction
from crm.core.errors import NotFound, Refused, Stale, TooOften
from crm.enterprises import queries, services
from crm.enterprises.models import Contact, Enterprise, RankingEntry
from crm.enterprises.rules import check_character
from crm.enterprises.services import ContactEntry, EnterpriseEntry, Membership
from crm.history.models import AuditEvent

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def code(number=1):
    body = f"913701000000{number:05d}"
    return body + check_character(body)


def codes(refused):
    return [(fault.field, fault.code) for fault in refused.value.faults]


@pytest.fixture
def actor(person):
    return person("staff", "药山街道")


@pytest.fixture
def save(db_session, actor):
    def saving(name="", enterprise_id=None, *, version=None, **columns):
        with transaction():
            entry = EnterpriseEntry(name=name, **columns)
            return services.save(actor, AT, enterprise_id, entry, version=version)

    return saving


def events(db_session, action):
    found = select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
    return db_session.scalars(found).all()


def test_a_company_is_found_by_name_code_and_initials(save):
    made = save("建邦胶体材料（山东）有限公司", short_name="建邦", uscc=code())
    for typed in ("邦胶", "jbjt", code()[4:12], "（山东）", "建邦 材料", "JB"):
        assert [row.id for row in queries.pick(typed)] == [made.id], typed
    assert queries.pick("别家") == []
    assert queries.pick("  ") == []


def test_a_percent_sign_is_a_character_to_look_for_not_a_wildcard(save):
    save("甲乙有限公司")
    assert queries.pick("%") == []
    assert queries.pick("甲%乙") == []


def test_the_same_code_stops_whatever_the_reason(save):
    save("甲有限公司", uscc=code())
    with pytest.raises(Refused) as refused:
        save("乙有限公司", uscc=code().lower(), same_name_reason="另一家")
    assert codes(refused) == [("uscc", "same_uscc")]
    assert refused.value.faults[0].text._kwargs == {"name": "甲有限公司"}


def test_the_same_name_stops_unless_a_reason_is_given(save, db_session):
    save("建邦胶体材料（山东）有限公司")
    with pytest.raises(Refused) as refused:
        save("建邦胶体材料（山东省）有限责任公司")
    assert codes(refused) == [("name", "same_name")]
    twin = save("建邦胶体材料（山东省）有限责任公司", same_name_reason="母子公司同名，代码不同")
    told = events(db_session, "enterprise_added")
    assert told[-1].subject_id == twin.id
    assert told[-1].note == "母子公司同名，代码不同"


def test_similar_names_are_told_but_the_same_and_the_different_are_not(save):
    near = save("山东建邦胶体材料股份有限公司")
    save("山东长城汽车有限公司")
    save("建邦胶体材料（上海）有限公司")
    found = {row.name for row in queries.similar_to("建邦胶体材料（上海）有限公司")}
    assert found == {near.name}


def test_all_faults_are_told_at_once(save):
    save("甲有限公司", uscc=code())
    with pytest.raises(Refused) as refused:
        save("甲有限公司", uscc="123", parent_shareholding=Decimal(120))
    assert codes(refused) == [
        ("name", "same_name"),
        ("uscc", "uscc"),
        ("parent_shareholding", "no_parent"),
        ("parent_shareholding", "shareholding"),
    ]


def test_a_renamed_company_is_found_by_both_names(save):
    made = save("甲方置业有限公司")
    save("乙方科技有限公司", made.id, version=1)
    assert [row.id for row in queries.pick("甲方置业")] == [made.id]
    assert [row.id for row in queries.pick("yfkj")] == [made.id]
    assert queries.by_id(made.id).former_names == "甲方置业有限公司"


def test_a_corrected_slip_is_no_former_name(save):
    made = save("甲方置业有限公同")
    save("甲方置业有限公司", made.id, version=1, keeps_former_name=False)
    assert queries.by_id(made.id).former_names is None


def test_an_unchanged_company_keeps_its_version_and_leaves_no_trace(save, db_session):
    made = save("甲有限公司", note="一")
    save("甲有限公司", made.id, version=1, note="一")
    assert queries.by_id(made.id).version == 1
    assert events(db_session, "enterprise_changed") == []


def test_the_second_of_two_editors_sees_what_the_first_changed(save, actor):
    made = save("甲有限公司")
    save("甲有限公司", made.id, version=1, note="先改")
    with pytest.raises(Stale) as stale:
        save("甲有限公司", made.id, version=1, note="后改")
    (change,) = stale.value.changes
    assert (change.before, change.after, change.by) == (None, "先改", actor.name)
    assert queries.by_id(made.id).note == "先改"


def test_a_company_cannot_stand_above_itself(save):
    top = save("集团有限公司")
    middle = save("控股有限公司", parent_id=top.id, parent_shareholding=Decimal("51.5"))
    bottom = save("项目有限公司", parent_id=middle.id)
    for above in (top, middle, bottom):
        with pytest.raises(Refused) as refused:
            save("集团有限公司", top.id, parent_id=above.id)
        assert codes(refused) == [("parent", "parent_circle")]
    assert queries.group_below(top.id) == {top.id, middle.id, bottom.id}
    assert [row.name for row in queries.children_of(top.id)] == ["控股有限公司"]


def test_an_unknown_parent_is_told(save):
    with pytest.raises(Refused) as refused:
        save("甲有限公司", parent_id=10**9)
    assert codes(refused) == [("parent", "unknown_parent")]


def test_a_change_of_parent_is_told_by_name(save, db_session):
    top = save("集团有限公司")
    made = save("甲有限公司")
    save("甲有限公司", made.id, parent_id=top.id, parent_shareholding=Decimal(30))
    (told,) = events(db_session, "enterprise_changed")
    assert told.after["parent"] == "集团有限公司"
    assert told.after["parent_shareholding"] == "30"


def test_a_code_is_given_once_and_never_silently_replaced(save, actor, db_session):
    made = save("甲有限公司")
    with transaction():
        services.give_code(actor, AT, queries.by_id(made.id), code(1))
    with transaction():
        services.give_code(actor, AT, queries.by_id(made.id), code(1))
    with pytest.raises(Refused) as refused, transaction():
        services.give_code(actor, AT, queries.by_id(made.id), code(2))
    assert codes(refused) == [("uscc", "other_uscc")]
    assert len(events(db_session, "enterprise_changed")) == 1


# ---------------------------------------------------------------- contacts


@pytest.fixture
def contact(save, actor):
    made = save("甲有限公司")
    with transaction():
        entry = ContactEntry("赵经理", "投资总监", "138 0000 1001")
        return services.save_contact(actor, AT, made.id, None, entry)


def test_the_trail_never_holds_a_whole_number(contact, actor, db_session):
    with transaction():
        entry = ContactEntry("赵经理", "总经理", "13900001002")
        services.save_contact(actor, AT, contact.enterprise_id, contact.id, entry, version=1)
    with transaction():
        services.reveal_phone(actor, contact.id, AT, sees_a_lead=True)
    with transaction():
        services.remove_contact(actor, AT, contact.enterprise_id, contact.id, version=2)
    told = db_session.scalars(select(AuditEvent).where(AuditEvent.action.like("%_%"))).all()
    assert {"contact_added", "contact_changed", "phone_revealed", "contact_removed"} <= {
        event.action for event in told
    }
    texts = " ".join(f"{event.before}{event.after}{event.note}" for event in told)
    assert "13800001001" not in texts
    assert "13900001002" not in texts
    assert "138****1001" in texts
    assert db_session.scalar(select(Contact)) is None


def test_an_edit_without_a_number_keeps_the_known_one(contact, actor):
    with transaction():
        entry = ContactEntry("赵经理", "总经理", None)
        services.save_contact(actor, AT, contact.enterprise_id, contact.id, entry, version=1)
    kept = queries.contact_of(contact.enterprise_id, contact.id)
    assert (kept.phone, kept.position, kept.version) == ("13800001001", "总经理", 2)


def test_a_number_nobody_can_dial_is_refused(contact, actor):
    entry = ContactEntry("赵经理", phone="问前台")
    with pytest.raises(Refused) as refused, transaction():
        services.save_contact(actor, AT, contact.enterprise_id, contact.id, entry)
    assert codes(refused) == [("phone", "phone")]


def test_a_contact_of_another_company_is_not_found(contact, actor, save):
    other = save("乙有限公司")
    with pytest.raises(NotFound), transaction():
        services.remove_contact(actor, AT, other.id, contact.id)


def test_only_who_may_know_the_contact_sees_the_number(contact, person):
    def reveals(actor, *, sees_a_lead=False):
        try:
            with transaction():
                return services.reveal_phone(actor, contact.id, AT, sees_a_lead=sees_a_lead).phone
        except NotFound:
            return None

    stranger = person("staff", "堤口路街道")
    assert reveals(stranger) is None
    assert reveals(stranger, sees_a_lead=True) == "13800001001"
    assert reveals(person("director")) == "13800001001"
    assert reveals(person("auditor"), sees_a_lead=True) is None
    assert reveals(person("administrator"), sees_a_lead=True) is None


def test_numbers_are_not_shown_by_the_dozen(contact, actor):
    for _look in range(20):
        with transaction():
            services.reveal_phone(actor, contact.id, AT, sees_a_lead=True)
    with pytest.raises(TooOften), transaction():
        services.reveal_phone(actor, contact.id, AT, sees_a_lead=True)
    with transaction():
        later = AT + timedelta(minutes=11)
        assert services.reveal_phone(actor, contact.id, later, sees_a_lead=True).phone


# ---------------------------------------------------------------- rankings


@pytest.fixture
def edition(db_session, person):
    with transaction():
        return services.save_edition(
            person("director"),
            AT,
            None,
            list_id=queries.ranking_lists()[0].id,
            year=2026,
            published_on=date(2026, 7, 29),
            document="https://example.org/2026",
            today=TODAY,
        )


def test_a_confirmed_place_is_a_dated_fact_with_its_paper(edition, save, actor, db_session):
    made = save("甲有限公司")
    with transaction():
        services.confirm_membership(
            actor, AT, made.id, Membership(edition.id, "榜单第3页", 107, "JIA CO.")
        )
    (row,) = queries.memberships_of(made.id)
    assert (row.rank, row.published_on, row.document) == (107, date(2026, 7, 29), "榜单第3页")
    (told,) = events(db_session, "ranking_confirmed")
    assert (told.subject_type, told.subject_id) == ("enterprises", made.id)
    with pytest.raises(Refused) as refused, transaction():
        services.confirm_membership(actor, AT, made.id, Membership(edition.id, "再来"))
    assert codes(refused) == [("edition_id", "already_confirmed")]


def test_a_mistaken_place_is_withdrawn_with_a_reason(edition, save, actor, db_session):
    made = save("甲有限公司")
    with transaction():
        entry = services.confirm_membership(actor, AT, made.id, Membership(edition.id, "第3页"))
    with pytest.raises(Refused) as refused, transaction():
        services.withdraw_membership(actor, AT, made.id, entry.id, " ")
    assert codes(refused) == [("reason", "reason_missing")]
    with transaction():
        services.withdraw_membership(actor, AT, made.id, entry.id, "同名不同企")
    assert db_session.scalar(select(RankingEntry)) is None
    (told,) = events(db_session, "ranking_withdrawn")
    assert (told.note, told.before["document"]) == ("同名不同企", "第3页")


def test_an_edition_is_not_registered_before_it_is_published_nor_twice(edition, actor):
    with pytest.raises(Refused) as refused, transaction():
        services.save_edition(
            actor, AT, None, list_id=edition.list_id, year=2026, document=None,
            published_on=TODAY + timedelta(days=1), today=TODAY,
        )  # fmt: skip
    assert codes(refused) == [("published_on", "in_future"), ("year", "year_taken")]


def test_a_company_is_listed_with_the_rankings_it_stands_on(edition, save, actor):
    made, other = save("甲有限公司"), save("乙有限公司")
    with transaction():
        services.confirm_membership(actor, AT, made.id, Membership(edition.id, "第3页"))
    shown = queries.page_of(queries.EnterpriseFilter(list_id=edition.list_id), None)
    assert [row.id for row in shown.rows] == [made.id]
    assert [row.year for row in queries.lists_they_stand_on([made.id, other.id])[made.id]] == [2026]


def test_pages_of_companies_lose_and_repeat_none(db_session, actor):
    with transaction() as session:
        for number in range(60):
            made = Enterprise(name=f"第{number}有限公司", created_at=AT)
            services.set_name_keys(made)
            session.add(made)
    seen, cursor = [], None
    while True:
        page = queries.page_of(queries.EnterpriseFilter("有限"), cursor)
        seen += [row.name for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == [f"第{number}有限公司" for number in reversed(range(60))]
    assert queries.count_of(queries.EnterpriseFilter("第5")) == 11


def test_a_change_of_parent_on_a_day_keeps_who_held_before(save):
    old, new = save("旧母公司"), save("新母公司")
    held = {
        "parent_id": old.id,
        "parent_shareholding": Decimal(60),
        "parent_since": date(2020, 1, 1),
    }
    child = save("子公司", **held)
    change = {"parent_id": new.id, "parent_shareholding": Decimal(80)}
    save("子公司", child.id, parent_since=date(2026, 5, 1), **change)
    told = queries.former_holdings(child.id)
    assert [(row.name, row.parent_shareholding, row.from_on, row.until_on) for row in told] == [
        ("旧母公司", 60, date(2020, 1, 1), date(2026, 5, 1))
    ]


def test_a_corrected_share_leaves_no_former_holding(save):
    parent = save("母公司")
    held = {"parent_id": parent.id, "parent_since": date(2020, 1, 1)}
    child = save("子公司", parent_shareholding=Decimal(6), **held)
    save("子公司", child.id, parent_shareholding=Decimal(60), **held)
    assert not queries.former_holdings(child.id)


def test_a_company_that_was_sold_has_no_parent_and_keeps_the_former_one(save):
    parent = save("母公司")
    child = save("子公司", parent_id=parent.id, parent_shareholding=Decimal(60))
    sold = save("子公司", child.id, parent_since=date(2026, 5, 1))
    assert (sold.parent_id, sold.parent_since) == (None, None)
    assert [row.name for row in queries.former_holdings(child.id)] == ["母公司"]


@pytest.mark.parametrize(
    ("share", "since", "expected"),
    [
        (300, None, [("parent_shareholding", "shareholding")]),
        (0, None, [("parent_shareholding", "shareholding")]),
        (60, date(2099, 1, 1), [("parent_since", "since_in_future")]),
    ],
)
def test_an_impossible_holding_is_refused_beside_its_field(save, share, since, expected):
    parent = save("母公司")
    with pytest.raises(Refused) as refused:
        save("子公司", parent_id=parent.id, parent_shareholding=Decimal(share), parent_since=since)
    assert codes(refused) == expected


def test_a_holding_that_begins_before_the_one_it_ends_is_refused(save):
    old, new = save("旧母公司"), save("新母公司")
    child = save("子公司", parent_id=old.id, parent_since=date(2024, 1, 1))
    with pytest.raises(Refused) as refused:
        save("子公司", child.id, parent_id=new.id, parent_since=date(2023, 1, 1))
    assert codes(refused) == [("parent_since", "since_not_later")]


def test_a_day_without_a_parent_is_refused(save):
    with pytest.raises(Refused) as refused:
        save("孤公司", parent_since=date(2024, 1, 1))
    assert codes(refused) == [("parent_since", "since_without_parent")]
