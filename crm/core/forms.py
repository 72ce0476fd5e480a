"""The base of every form: Chinese messages, trimmed text, one way to show a service's refusal."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.i18n import translations
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import Field, FileField, Form
from wtforms.widgets import FileInput, HiddenInput

from crm.core.db import transaction
from crm.core.errors import Fault, Refused, Stale, Unversioned
from crm.core.waiting import kept_fields

Done = TypeVar("Done")


def trimmed(value: str | None) -> str | None:
    """Typed text without its ends; nothing typed is None. NUL bytes never reach the database."""
    if value is None:
        return None
    return value.replace("\x00", "").strip() or None


def optional_id(value: object) -> int | None:
    """The coerce of a pick list of records: nothing chosen is None. Raises ValueError."""
    text = str(value).strip() if value is not None else ""
    if text in {"", "None"}:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ValueError(text)
    return int(text)


def number_in(text: str | None) -> int | None:
    """A record's number as buttons and addresses carry it; None for nothing or no number."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class BaseForm(FlaskForm):
    """A WTForms form with CSRF. `show(faults)` puts a service's refusal beside the fields.

    WTForms' own messages come in the user's language from its own catalogue.
    """

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Form, formdata: Any) -> Any:
            """Files reach file fields only: one sent under another name is no text."""
            found = super().wrap_formdata(form, formdata)
            if found is None or not request.files:
                return found
            takes_files = {field.name for field in form if isinstance(field, FileField)}
            return CombinedMultiDict(
                [
                    MultiDict(
                        (name, file)
                        for name, file in request.files.items(multi=True)
                        if name in takes_files
                    ),
                    request.form,
                ]
            )

    @property
    def status(self) -> int:
        """Of the page that shows the form: 200 when it is opened, 422 when it comes back."""
        return 422 if self.is_submitted() else 200

    def show(self, faults: tuple[Fault, ...] | list[Fault]) -> None:
        for fault in faults:
            message = fault.text or fault.code
            field: Field | None = self._fields.get(fault.field)
            if field is None:
                self.form_errors.append(message)
            else:
                field.errors = [*field.errors, message]
        self.keep_files()

    def validate(self, *given: Any, **more: Any) -> bool:
        """Raises Unversioned: what is filled from a record holds its version even when none is sent."""
        if any(getattr(field, "is_missing", False) for field in self):  # a SeenVersion
            raise Unversioned(yours=self.told())
        is_sound = bool(super().validate(*given, **more))
        if not is_sound:
            self.keep_files()
        return is_sound

    def keep_files(self) -> None:
        """The form comes back: its files need not be chosen again."""
        for field in kept_fields(self):
            field.keep()

    def told(self) -> dict[str, Any]:
        """What was typed, by the words of its fields: shown on a 409 page so that nothing is lost."""
        told: dict[str, Any] = {}
        for field in self:
            if field.type in UNTOLD_FIELDS or isinstance(field.widget, HiddenInput | FileInput):
                continue
            chosen = [
                str(label)
                for _value, label, is_chosen, *_rest in getattr(field, "iter_choices", tuple)()
                if is_chosen
            ]
            told[str(field.label.text)] = "、".join(chosen) if chosen else field.data
        return told


def attempt(form: BaseForm, verb: Callable[[], Done], *, alone: bool = False) -> Done | None:
    """Run a verb in one transaction: what it returned, None if it was refused, with why in the form.

    `alone` as in `transaction`. Raises Stale with what was typed, so that the 409 page loses nothing.
    """
    try:
        with transaction(alone=alone):
            done = verb()
    except Refused as refused:
        form.show(refused.faults)
        return None
    except Stale as stale:
        raise Stale(stale.current, stale.changes, form.told()) from None
    for field in kept_fields(form):
        field.forget()
    return done


UNTOLD_FIELDS = {"CSRFTokenField", "HiddenField", "PasswordField", "SubmitField"}


class FilterForm(Form):
    """A GET form: no CSRF, wrong values are refused with 400 by the list that reads it."""

    class Meta:
        def get_translations(self, form: Form) -> Any:
            return translations
