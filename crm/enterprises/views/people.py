"""The people to talk to at a company. Numbers are masked; a whole one is shown once, and logged."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_WRITERS
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.enterprises import access, queries, services
from crm.enterprises.forms import ContactForm
from crm.enterprises.models import Contact, Enterprise
from crm.enterprises.rules import mask_phone
from crm.enterprises.views import bp
from crm.leads.companies import sees_a_lead_of


def company_for(enterprise_id: int, contact_id: int | None) -> tuple[Enterprise, Contact | None]:
    """The company, and the person there if the actor may know that person. Raises NotFound."""
    company = queries.by_id(enterprise_id)
    contact = queries.contact_of(enterprise_id, contact_id) if contact_id else None
    if company is None or (contact_id and contact is None):
        raise NotFound
    if contact is not None and not access.may_read_contacts(
        g.actor,
        registered_by=(company.created_by_id, contact.created_by_id),
        sees_a_lead=sees_a_lead_of(g.actor, enterprise_id),
    ):
        raise NotFound
    return company, contact


@bp.route(
    "/<int:enterprise_id>/contacts/new",
    methods=["GET", "POST"],
    defaults={"contact_id": None},
    endpoint="contact_new",
)
@bp.route("/<int:enterprise_id>/contacts/<int:contact_id>", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def contact(enterprise_id: int, contact_id: int | None) -> ResponseReturnValue:
    company, person = company_for(enterprise_id, contact_id)
    form = ContactForm(obj=person)
    if not form.is_submitted():
        form.phone.data = None  # a known number is not shown here
    elif form.validate():
        saved = attempt(
            form,
            lambda: services.save_contact(
                g.actor, clock.now(), enterprise_id, contact_id, form.entry(),
                version=form.version.data,
            ),
        )  # fmt: skip
        if saved is not None:
            flash(_("已保存联系人“%(name)s”。", name=saved.name), "success")
            return redirect(url_for("enterprises.detail", enterprise_id=enterprise_id))
    page = render_template(
        "enterprises/contact.html",
        form=form,
        company=company,
        contact=person,
        masked=mask_phone(person.phone) if person and person.phone else None,
    )
    return page, form.status


@bp.post("/<int:enterprise_id>/contacts/<int:contact_id>/remove")
@allow(*LEAD_WRITERS)
def contact_remove(enterprise_id: int, contact_id: int) -> ResponseReturnValue:
    _company, person = company_for(enterprise_id, contact_id)
    version = request.form.get("version", "")
    with transaction():
        services.remove_contact(
            g.actor, clock.now(), enterprise_id, contact_id,
            version=int(version) if version.isascii() and version.isdigit() else 0,
        )  # fmt: skip
    flash(_("已删除联系人“%(name)s”。", name=person.name if person else ""), "success")
    return redirect(url_for("enterprises.detail", enterprise_id=enterprise_id))


@bp.post("/<int:enterprise_id>/contacts/<int:contact_id>/phone")
@allow(*access.PHONE_READERS)
def reveal_phone(enterprise_id: int, contact_id: int) -> ResponseReturnValue:
    company, _person = company_for(enterprise_id, contact_id)
    with transaction():
        shown = services.reveal_phone(
            g.actor, contact_id, clock.now(), sees_a_lead=sees_a_lead_of(g.actor, enterprise_id)
        )
    if request.headers.get("HX-Request"):
        return render_template("enterprises/_phone.html", phone=shown.phone)
    return render_template("enterprises/phone.html", contact=shown, company=company)
