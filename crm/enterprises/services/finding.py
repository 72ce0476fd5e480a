"""The company a person means by what they typed."""

from flask_babel import lazy_gettext as _l

from crm.core.errors import Fault, Refused
from crm.core.language import is_chinese
from crm.enterprises.models import Enterprise
from crm.enterprises.queries import by_id, by_name, by_uscc, pick

ALIKE_TOLD = 5


def company_meant(typed: str | None, field: str = "parent") -> Enterprise | None:
    """The company a person typed into `field`: by code, full name, or the only hit. Raises Refused."""
    if not typed:
        return None
    found = by_uscc(typed) or by_name(typed)
    if found is not None:
        return found
    hits = pick(typed, limit=ALIKE_TOLD)
    if len(hits) == 1:
        return by_id(hits[0].id)
    if hits:
        names = ("、" if is_chinese() else ", ").join(row.name for row in hits)
        text = _l("有几家企业符合，请写全称：%(names)s", names=names)
    else:
        text = _l("没有登记这家企业，请先登记")
    raise Refused([Fault(field, "unknown_company", text)])
