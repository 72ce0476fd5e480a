"""The form of an absence."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l

from crm.core.fields import Choice, DayField, Required, SeenVersion, TextLine
from crm.core.forms import BaseForm
from crm.reminders.models import Absence
from crm.reminders.services.absences import AbsenceEntry
from crm.reminders.wording import ABSENCE_FIELD

Person = tuple[int, str, str | None]
"""Id, name and unit."""


class AbsenceForm(BaseForm):
    """Who is away from when to when, both days included, and who is told instead."""

    version = SeenVersion()
    person_id = Choice(ABSENCE_FIELD["user_id"], empty=_l("请选择"), validators=[Required()])
    starts_on = DayField(ABSENCE_FIELD["starts_on"], validators=[Required()])
    ends_on = DayField(
        ABSENCE_FIELD["ends_on"], validators=[Required()], description=_l("含这一天")
    )
    delegate_id = Choice(
        ABSENCE_FIELD["delegate_id"],
        empty=_l("请选择"),
        validators=[Required()],
        description=_l("外出期间的提醒改发给代理人；代理人看不到的项目，仍提醒本人"),
    )
    note = TextLine(
        ABSENCE_FIELD["note"], longest=120, description=_l("如“外出招商”“年休假”，可不填")
    )

    def entry(self, person_id: int) -> AbsenceEntry:
        """What was typed, for the service."""
        return AbsenceEntry(
            person_id, self.delegate_id.data, self.starts_on.data, self.ends_on.data, self.note.data
        )


def absence_form(
    people: Iterable[Person], delegates: Iterable[Person], row: Absence | None, default: int | None
) -> AbsenceForm:
    """The form of a new absence of one of these people, or of one that is there already."""
    form = AbsenceForm(obj=row) if row is not None else AbsenceForm(data={"person_id": default})
    found = list(people)
    if row is not None or len(found) < 2:
        del form.person_id
    else:
        form.person_id.offer(_named(found))
    form.delegate_id.offer(_named(delegates))
    return form


def _named(people: Iterable[Person]) -> list[tuple[int, str]]:
    return [(key, f"{name} · {unit}" if unit else name) for key, name, unit in people]
