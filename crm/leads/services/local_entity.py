"""The company a project registers here: by name, with its credit code."""

from datetime import datetime

from flask_babel import lazy_gettext as _l

from crm.accounts.rules import Actor
from crm.chains.services.companies import add_company
from crm.core.errors import Fault
from crm.enterprises import services as enterprises
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import clean_uscc
from crm.enterprises.wording import uscc_words


def entity_faults(name: str | None, code: str | None) -> list[Fault]:
    """What is wrong with a local company as typed, all at once, before anything is written."""
    if not code:
        return []
    if not name:
        return [Fault("local_entity", "local_entity", _l("填了统一社会信用代码，请同时写企业名称"))]
    known = enterprises.by_name(name)
    faults = [Fault("uscc", "uscc", words) for words in uscc_words(clean_uscc(code))]
    owner = enterprises.by_uscc(code)
    if owner is not None and (known is None or owner.id != known.id):
        text = _l("该统一社会信用代码已登记在“%(name)s”名下，请选用这家企业", name=owner.name)
        faults.append(Fault("uscc", "same_uscc", text))
    if known is not None and known.uscc and known.uscc != clean_uscc(code):
        text = _l("这家企业登记的是另一个统一社会信用代码，请核对营业执照")
        faults.append(Fault("uscc", "other_uscc", text))
    return faults


def local_entity(
    actor: Actor, at: datetime, name: str | None, code: str | None
) -> Enterprise | None:
    """The company registered here. Raises Refused when name and code belong to different ones."""
    if not name:
        return None
    known = enterprises.by_name(name)
    if known is None:
        return add_company(actor, at, name, uscc=code, field="local_entity")
    if code:
        enterprises.give_code(actor, at, known, code)
    return known
