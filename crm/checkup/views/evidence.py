"""佐证包: what a quota's projects must prove, what is there, and the folder to hand in."""

import io
import tempfile

from flask import abort, current_app, g, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.checkup.queries import evidence as queries
from crm.checkup.services import evidence as services
from crm.checkup.services.evidence import Folder
from crm.checkup.views import bp
from crm.checkup.wording import word
from crm.core import clock
from crm.core.db import transaction
from crm.core.guard import allow
from crm.quotas.telling import subject

FOLDER_READERS = (Role.UNIT_HEAD, Role.DIRECTOR, Role.AUDITOR)
IN_MEMORY = 8 * 1024 * 1024
"""A folder larger than this is put together on disk."""


def folder_for(year: int, code: str) -> Folder:
    quota = queries.quota_named(year, code)
    if quota is None:
        abort(404)
    return services.folder_of(g.actor, quota, clock.today())


@bp.get("/evidence/<int:year>/<code>")
@allow(*FOLDER_READERS)
def folder(year: int, code: str) -> ResponseReturnValue:
    found = folder_for(year, code)
    return render_template(
        "checkup/evidence.html",
        folder=found,
        name=subject(found.quota.label, found.quota.label_en),
        word=word,
        back=url_for("quotas.detail", year=year, code=code),
    )


@bp.get("/evidence/<int:year>/<code>.zip")
@allow(*FOLDER_READERS)
def folder_zip(year: int, code: str) -> ResponseReturnValue:
    """The folder itself. It holds other people's papers, so the trail tells who took it."""
    files_dir = current_app.extensions["settings"].attachments_dir
    with transaction():
        found = folder_for(year, code)
        out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  send_file closes it
        services.write_folder(g.actor, clock.now(), found, files_dir, out)
    out.seek(0)
    return send_file(
        out,
        mimetype="application/zip",
        as_attachment=True,
        download_name=services.folder_title(found.quota, found.on) + ".zip",
        max_age=0,
    )


@bp.get("/evidence/<int:year>/<code>.xlsx")
@allow(*FOLDER_READERS)
def standing(year: int, code: str) -> ResponseReturnValue:
    """The projects of the quota as the workbook a bureau hands in."""
    with transaction():
        found = folder_for(year, code)
        data = services.standing_workbook(g.actor, clock.now(), found)
    name = _("%(year)s年%(name)s完成情况", year=year, name=found.quota.label)
    return send_file(
        io.BytesIO(data),
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=f"{name}{clock.today():%Y%m%d}.xlsx",
        max_age=0,
    )
