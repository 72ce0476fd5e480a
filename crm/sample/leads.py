"""The leads of the sample district, each with its investor and somebody to call there."""

import random
from datetime import date, datetime, timedelta

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.queries import system_actor
from crm.chains.models import Segment
from crm.core.db import db
from crm.core.pinyin import pinyin_initials
from crm.enterprises.models import Contact, Enterprise
from crm.enterprises.rules import loose_name, normalise_name, search_text, seat_of, title_key
from crm.history import services as history
from crm.leads.models import Lead
from crm.leads.rules import (
    AgreementType,
    Nature,
    OffRampReason,
    PromotionMode,
    Stage,
    Tier,
)
from crm.places.models import Zone
from crm.sample import facts
from crm.sample.projects import projects


def load(users: dict[str, User], today: date, at: datetime) -> list[Lead]:
    """Every project of the list with its investor, owner and facts."""
    actor = system_actor()
    draw = random.Random(370105)  # noqa: S311  the same district on every machine
    zones = list(db.session.scalars(select(Zone).order_by(Zone.position)))
    segments = {segment.code: segment for segment in db.session.scalars(select(Segment))}
    leads = []
    for place, project in enumerate(projects()):
        owner = users[project.owner]
        investor = _enterprise(project.investor, owner, at)
        if project.referrer is None:
            _add_contact(investor, owner, at)
        segment = segments.get(project.segment)
        first = today - timedelta(
            days=max(project.signed or 0, project.quiet) + draw.randint(20, 90)
        )
        # Something happened this very week: new tips came in, one agreement is being drafted.
        is_new, is_drafted = project.stage is Stage.LEAD, project.stage is Stage.PRE_SIGNING
        progress = today - timedelta(days=0 if is_drafted else project.quiet)
        entered_on = today if is_new else first
        lead = Lead(
            title=project.title,
            title_key=title_key(project.title),
            search_text=search_text(project.title, investor.name, investor.pinyin_initials),
            investor_id=investor.id,
            description=f"建设{project.title}，分期实施",
            chain_id=segment.chain_id if segment else None,
            segment_id=segment.id if segment else None,
            chain_role=project.role,
            zone_id=zones[place % len(zones)].id if zones else None,
            owner_id=owner.id,
            department_id=owner.department_id,
            first_talk_department_id=owner.department_id,
            sponsor_id=users["district"].id if place % 4 == 0 else None,
            source=draw.choice(("以商招商", "驻点招商", "展会", "省厅推荐", "商会引荐")),
            referrer=project.referrer,
            stage=project.stage,
            stage_since=progress,
            stage_before_off_ramp=Stage.NEGOTIATING if project.stage.is_off_ramp else None,
            off_ramp_reason=_reason(project.stage),
            path=project.path,
            first_contact_on=first,
            last_progress_on=progress,
            expected_sign_on=today + timedelta(days=40) if project.stage.is_in_talks else None,
            next_action=draw.choice(
                ("约谈投资方负责人", "提交用地方案", "组织专家评审", "现场考察选址")
            )
            if project.next_in is not None
            else None,
            next_action_on=today + timedelta(days=project.next_in)
            if project.next_in is not None
            else None,
            agreement_type=AgreementType.FORMAL if project.signed is not None else None,
            is_physical=project.is_physical,
            is_headquarters=project.is_headquarters,
            nature=Nature.NEW,
            origin=project.origin,
            promotion_mode=PromotionMode.CHAIN,
            tier=draw.choice(list(Tier)),
            created_by_id=owner.id,
            created_at=at - (today - entered_on),
        )
        if project.listed:
            lead.list_enterprise_id, lead.list_shareholding = investor.id, 100
        db.session.add(lead)
        db.session.flush()
        lead.receipt_number = f"BB{entered_on:%Y%m%d}-{lead.id:06d}"
        facts.load(lead, project, owner, today, first, at)
        history.record(
            actor, at, "sample_loaded", lead, after={"title": lead.title}, lead_id=lead.id
        )
        leads.append(lead)
    return leads


def _reason(stage: Stage) -> OffRampReason | None:
    return {
        Stage.LOST: OffRampReason.WENT_ELSEWHERE,
        Stage.PARKED: OffRampReason.FUNDS_NOT_READY,
    }.get(stage)


def _enterprise(name: str, owner: User, at: datetime) -> Enterprise:
    initials = pinyin_initials(name)
    enterprise = Enterprise(
        name=name,
        name_norm=normalise_name(name),
        name_loose=loose_name(name),
        pinyin_initials=initials,
        search_text=search_text(name, initials),
        region_code=seat_of(name=name),
        created_by_id=owner.id,
        created_at=at,
    )
    db.session.add(enterprise)
    db.session.flush()
    return enterprise


def _add_contact(enterprise: Enterprise, owner: User, at: datetime) -> None:
    db.session.add(
        Contact(
            enterprise_id=enterprise.id,
            name="赵经理",
            position="投资总监",
            phone=f"1380000{1000 + enterprise.id:04d}",
            created_by_id=owner.id,
            created_at=at,
        )
    )
