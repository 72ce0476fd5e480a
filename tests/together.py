"""Several people at one moment."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from flask import Flask

from crm.core.db import transaction
from crm.core.errors import Refused


def at_once(app: Flask, *verbs: Callable[[], Any]) -> list[Any]:
    """Run each verb in a thread and an application context of its own; what each returned or raised."""
    together, answers = Barrier(len(verbs)), [None] * len(verbs)

    def run(place: int, verb: Callable[[], Any]) -> None:
        with app.app_context():
            try:
                together.wait(20)
                answers[place] = verb()
            except Exception as fault:
                answers[place] = fault

    threads = [Thread(target=run, args=each) for each in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def committed(verb: Callable[..., Any], *given: Any) -> Callable[[], Any]:
    """The verb in a transaction of its own."""

    def run() -> Any:
        with transaction():
            return verb(*given)

    return run


def codes_of(answers: list[Any]) -> list[set[str]]:
    """The codes of those that were refused."""
    return [{fault.code for fault in each.faults} for each in answers if isinstance(each, Refused)]
