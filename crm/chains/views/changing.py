"""What every form that changes chains does once it is sent."""

from collections.abc import Callable
from typing import TypeVar

from flask import g

from crm.core import clock
from crm.core.forms import BaseForm, attempt
from crm.coverage.services import reshaping

Done = TypeVar("Done")


def change_chains(form: BaseForm, verb: Callable[[reshaping.Reshaping], Done]) -> Done | None:
    """Run one verb on the chains, alone; what it returned, None if it was refused, with why in the form."""
    return attempt(form, lambda: reshaping.reshape(g.actor, clock.now(), verb), alone=True)
