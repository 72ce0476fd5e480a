"""Who may use which page, and who sees and changes whose lead: every role, every route, every scope."""

from datetime import date

import pytest
from sqlalchemy import select
from werkzeug.routing import AnyConverter

from crm.accounts.rules import Actor, Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.guard import PUBLIC, SIGNED_IN
from crm.leads.access import may_edit, may_see
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind

ROLES = [role for role in Role if role is not Role.SYSTEM]
SCOPES = ("own", "co_owned", "unit", "other", "sensitive", "named")

# DOMAIN: "own" is owner or co-owner (for a district leader: 包挂), "unit" the own department.
SEES = {
    Role.STAFF: {"own", "co_owned", "unit", "named"},
    Role.UNIT_HEAD: {"own", "co_owned", "unit", "named"},
    Role.DIRECTOR: {"own", "co_owned", "unit", "other", "named"},
    Role.DISTRICT_LEADER: {"own", "named"},
    Role.ADMINISTRATOR: set(),
    Role.AUDITOR: {"own", "co_owned", "unit", "other", "named"},
}
CHANGES = {
    Role.STAFF: {"own", "co_owned"},
    Role.UNIT_HEAD: {"own", "co_owned", "unit", "named"},
    Role.DIRECTOR: {"own", "co_owned", "unit", "other", "named"},
    Role.DISTRICT_LEADER: set(),
    Role.ADMINISTRATOR: set(),
    Role.AUDITOR: set(),
}


@pytest.fixture
def leads_around(app, person):
    """One lead per scope around an actor."""

    def make(actor: Actor) -> dict[str, int]:
        colleague, stranger = person("staff", "甲单位"), person("staff", "乙单位")
        with app.app_context(), transaction() as session:
            found = {}
            for scope in SCOPES:
                is_own = scope == "own"
                owner = (
                    actor if is_own else stranger if scope in {"other", "co_owned"} else colleague
                )
                lead = Lead(
                    title=f"{scope}项目",
                    title_key=scope,
                    owner_id=owner.id,
                    department_id=owner.department_id,
                    sponsor_id=actor.id if is_own else None,
                    is_sensitive=scope in {"sensitive", "named"},
                    stage_since=date(2026, 11, 1),
                    last_progress_on=date(2026, 11, 1),
                    created_at=clock.now(),
                )
                session.add(lead)
                session.flush()
                kind = {"co_owned": MembershipKind.CO_OWNER, "named": MembershipKind.NAMED}.get(
                    scope
                )
                if kind:
                    session.add(LeadMember(lead_id=lead.id, user_id=actor.id, kind=kind))
                found[scope] = lead.id
        return found

    return make


def department_of(role: Role) -> str | None:
    return None if role in {Role.ADMINISTRATOR, Role.AUDITOR, Role.DISTRICT_LEADER} else "甲单位"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_and_changes_the_leads_it_should(app, person, leads_around, role):
    actor = person(role, department_of(role))
    leads = leads_around(actor)
    with app.app_context():
        seen = set(db.session.scalars(select(Lead.id).where(may_see(actor))))
        changed = set(db.session.scalars(select(Lead.id).where(may_edit(actor))))
    assert {scope for scope, lead_id in leads.items() if lead_id in seen} == SEES[role]
    assert {scope for scope, lead_id in leads.items() if lead_id in changed} == CHANGES[role]


# Anybody who sees a lead may log a call or visit on it; whoever sees may also read its papers.
NEEDS_SIGHT_ONLY = {"leads.log_activity", "leads.reveal_contact", "dispatch.put_on_agenda"}


def filled(rule, number):
    """The address of a route with this number in every place, or a word where it takes only words."""
    words = {
        name: min(converter.items)
        for name, converter in rule._converters.items()
        if isinstance(converter, AnyConverter)
    }
    names = rule.arguments - set(rule.defaults or ())
    return rule.build({**dict.fromkeys(names, number), **words})[1]


def routes(app):
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        for method in sorted(rule.methods & {"GET", "POST"}):
            yield rule, method, view.allowed_roles


@pytest.mark.on("sqlite")
@pytest.mark.parametrize("role", ROLES)
def test_each_route_admits_the_roles_it_names_and_no_other(
    app, person, sign_in, leads_around, role
):
    actor = person(role, department_of(role))
    client = sign_in(actor)
    wrong = []
    for rule, method, allowed in routes(app):
        if rule.endpoint == "accounts.logout":
            continue
        address = filled(rule, 999_999)
        answer = client.open(address, method=method)
        is_open = bool(allowed & {PUBLIC, SIGNED_IN, role})
        if (answer.status_code == 403) is is_open or answer.status_code >= 500:
            wrong.append((rule.endpoint, method, answer.status_code))
    assert wrong == []


@pytest.mark.on("sqlite")
@pytest.mark.parametrize("role", ROLES)
def test_each_route_of_a_lead_opens_for_those_who_may_and_answers_404_to_others(
    app, person, sign_in, leads_around, role
):
    actor = person(role, department_of(role))
    client = sign_in(actor)
    leads = leads_around(actor)
    wrong = []
    for rule, method, allowed in routes(app):
        if rule.arguments != {"lead_id"} or role not in allowed:
            continue
        changes = method == "POST" and rule.endpoint not in NEEDS_SIGHT_ONLY
        for scope, lead_id in leads.items():
            answer = client.open(rule.build({"lead_id": lead_id})[1], method=method)
            is_open = scope in (CHANGES if changes else SEES)[role]
            is_refused = answer.status_code == 404
            if method == "GET" and is_refused and scope in SEES[role] - CHANGES[role]:
                continue  # a form for changing is not there for those who only read
            if is_refused is is_open or answer.status_code >= 500:
                wrong.append((rule.endpoint, method, scope, answer.status_code))
    assert wrong == []


@pytest.mark.on("sqlite")
def test_a_stranger_is_asked_to_sign_in_everywhere_but_on_public_pages(app, client):
    wrong = []
    for rule, method, allowed in routes(app):
        address = filled(rule, 999_999)
        answer = client.open(address, method=method)
        to_login = answer.status_code == 302 and answer.location.startswith("/login")
        if to_login is (PUBLIC in allowed):
            wrong.append((rule.endpoint, method, answer.status_code))
    assert wrong == []
