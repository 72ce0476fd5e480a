"""What addresses of dispatch ask for."""

from enum import StrEnum
from typing import NoReturn, TypeVar

from flask import abort, request
from flask_babel import gettext as _

from crm.core.forms import number_in

Code = TypeVar("Code", bound=StrEnum)


def refuse(name: str) -> NoReturn:
    """400: the address says something nobody can read."""
    abort(
        400,
        _("看不懂参数%(name)s的值“%(value)s”。", name=name, value=request.args.get(name, "")[:60]),
    )


def code_asked(name: str, codes: type[Code], default: Code) -> Code:
    """A code of the address; 400 for one there is not."""
    text = request.args.get(name, "").strip()
    if not text:
        return default
    if text not in set(codes):
        refuse(name)
    return codes(text)


def number_asked(name: str) -> int | None:
    """A record's number of the address; 400 for what is none."""
    text = request.args.get(name, "").strip()
    if not text:
        return None
    found = number_in(text)
    if found is None:
        refuse(name)
    return found
