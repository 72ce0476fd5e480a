"""我的提醒: how the person who looks is told, and their absences; those a head arranges."""

from flask import current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_WRITERS, Actor, Role, Way
from crm.accounts.wording import WAY
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.forms import attempt
from crm.core.guard import SIGNED_IN, allow
from crm.enterprises.rules import mask_phone
from crm.outbox import channels
from crm.outbox import queries as outbox
from crm.outbox.rules import ways_offered
from crm.outbox.wording import word as outbox_word
from crm.reminders.forms import VersionForm
from crm.reminders.forms.absences import absence_form
from crm.reminders.forms.choices import choices_form
from crm.reminders.queries import absences as absence_queries
from crm.reminders.queries import choices as queries
from crm.reminders.queries import facts
from crm.reminders.queries.feed import feed_of
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.services import absences, choices
from crm.reminders.views import bp
from crm.reminders.wording import word

ARRANGERS = (Role.UNIT_HEAD, Role.ADMINISTRATOR)
ABSENT = (*LEAD_WRITERS, Role.ADMINISTRATOR)


def told_kinds(actor: Actor) -> tuple[ReminderKind, ...]:
    """The kinds a person of this role may be told of at all, in their order."""
    if actor.role not in LEAD_WRITERS:
        return ()
    if actor.role is Role.DIRECTOR:
        return tuple(ReminderKind)
    return tuple(kind for kind in ReminderKind if kind is not ReminderKind.QUOTA_BEHIND)


@bp.route("/mine", methods=["GET", "POST"])
@allow(SIGNED_IN)
def mine() -> ResponseReturnValue:
    settings, today = facts.settings(), clock.today()
    chosen = queries.choices_of(g.actor.id)
    gateways, reach = channels.gateways(), chosen.reach
    ways = ways_offered(reach, gateways)
    form = choices_form(chosen, settings, told_kinds(g.actor), g.actor.locale, ways)
    if form.validate_on_submit():
        most = form.most_at_once.data if form.most_at_once else chosen.most_at_once

        def save() -> bool:
            choices.save_choices(
                g.actor, form.chosen(), most, form.locale.data, clock.now(),
                version=form.version.data, way=Way(form.way.data) if "way" in form else None,
            )  # fmt: skip
            return True

        if attempt(form, save):
            flash(_("已保存您的提醒设置。"), "good")
            return redirect(url_for("reminders.mine"))
    current, ended = absence_queries.absences_of(g.actor.id, today)
    page = render_template(
        "reminders/mine.html",
        form=form,
        office_settings=settings,
        mail_at=current_app.extensions["settings"].reminders_at,
        is_told=bool(form.kinds),
        reach=reach,
        no_address=[each for each in gateways if not reach.address(each)],
        no_gateway=reach.way not in ways,
        refusals=outbox.refusals(g.actor.id).get(g.actor.id, ()),
        outbox_word=outbox_word,
        way_word=WAY,
        mask=mask_phone,
        feed=feed_of(g.actor),
        current=current,
        ended=ended,
        stands_in_for=absence_queries.stood_in_for(g.actor.id, today),
        may_arrange=g.actor.role in ARRANGERS,
        word=word,
        today=today,
    )
    return page, form.status


@bp.get("/absences")
@allow(*ARRANGERS)
def arranged() -> ResponseReturnValue:
    today = clock.today()
    current, ended = absence_queries.arranged_by(g.actor, today)
    return render_template(
        "reminders/absences.html",
        current=current,
        ended=ended,
        today=today,
        is_administrator=g.actor.role is Role.ADMINISTRATOR,
    )


@bp.route("/absences/new", methods=["GET", "POST"], defaults={"absence_id": None})
@bp.route("/absences/<int:absence_id>", methods=["GET", "POST"])
@allow(*ABSENT)
def absence(absence_id: int | None) -> ResponseReturnValue:
    row = absence_queries.absence_of(g.actor, absence_id) if absence_id else None
    if absence_id and (row is None or row.ends_on < clock.today()):
        raise NotFound
    people = absence_queries.people_arranged_by(g.actor)
    form = absence_form(people, absence_queries.possible_delegates(), row, g.actor.id)
    back = _back(row.user_id if row else None)
    if form.validate_on_submit():
        person_id = row.user_id if row else g.actor.id
        if "person_id" in form:
            person_id = form.person_id.data
        saved = attempt(
            form,
            lambda: absences.save_absence(
                g.actor, form.entry(person_id), clock.now(), clock.today(),
                absence_id=absence_id, version=form.version.data,
            ),
        )  # fmt: skip
        if saved is not None:
            flash(_("已登记外出和代理人。"), "good")
            return redirect(_back(person_id))
    name = next((each.name for each in people if row and each.id == row.user_id), None)
    page = render_template(
        "reminders/absence.html", form=form, row=row, person=name, back=back, today=clock.today()
    )
    return page, form.status


def _back(person_id: int | None) -> str:
    """The page an absence is listed on: the person's own, or that of whoever arranges it."""
    is_own = person_id == g.actor.id or (person_id is None and g.actor.role not in ARRANGERS)
    return (
        url_for("reminders.mine", _anchor="absences") if is_own else url_for("reminders.arranged")
    )


@bp.post("/absences/<int:absence_id>/end")
@allow(*ABSENT)
def end_absence(absence_id: int) -> ResponseReturnValue:
    row = absence_queries.absence_of(g.actor, absence_id)
    if row is None:
        raise NotFound
    back, form = _back(row.user_id), VersionForm(data={"version": row.version})
    version = form.version.data if form.validate() else 0
    with transaction():
        had_begun = absences.end_absence(g.actor, absence_id, version, clock.now(), clock.today())
    flash(_("外出已结束，从今天起照常提醒。") if had_begun else _("已取消这次外出。"), "good")
    return redirect(back)
