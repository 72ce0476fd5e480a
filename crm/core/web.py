"""What every request shares: language, safety headers, limits, and errors in plain words."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_babel import Babel, Domain, get_domain
from flask_login import current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter

from crm.core import clock, money
from crm.core.assets import AssetsNotBuilt, asset_url
from crm.core.db import db
from crm.core.errors import NotFound, Refused, Stale, TooOften
from crm.core.language import is_chinese, language

LOCALES = ("zh", "en")
csrf = CSRFProtect()
babel = Babel()


def chosen_locale() -> str:
    """The person's language, else the cookie's, else Chinese. Never guessed from the browser."""
    if current_user and current_user.is_authenticated:
        return str(current_user.locale)
    wanted = request.cookies.get("language", "") if request else ""
    return wanted if wanted in LOCALES else "zh"


class Sessions(SecureCookieSessionInterface):
    """A session lasts from the last thing a person did; what an open page asks by itself (the view
    sets `g.is_unattended`) does not prolong it."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        if g.get("is_unattended") and not session.modified:
            return False
        return super().should_set_cookie(app, session)


class RecordNumber(IntegerConverter):
    """`<int:lead_id>` in an address: 1 to 18 digits, so that no database overflows on it."""

    regex = "[1-9][0-9]{0,17}"


def register_web(app: Flask) -> None:
    """Language, CSRF, headers, template words and error pages."""
    app.url_map.converters["int"] = RecordNumber
    app.session_interface = Sessions()
    csrf.init_app(app)
    babel.init_app(
        app,
        default_locale="zh",
        default_timezone="Asia/Shanghai",
        locale_selector=chosen_locale,
    )
    babel_of(app).domain_instance = PromptDomain()
    app.jinja_env.globals.update(
        _=translated,
        options_markup=options,
        locale=language,
        today=clock.today,
        now=clock.now,
        mark=mark,
    )
    app.jinja_env.filters.update(
        day=day_text, moment=moment_text, money=money_text, stated=stated_text
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.after_request(_safe_headers)
    for kind in (HTTPException, Refused, Stale, NotFound, TooOften, Exception):
        app.register_error_handler(kind, _error_page)


def babel_of(app: Flask) -> Babel:
    found: Babel = app.extensions["babel"].instance
    return found


class PromptDomain(Domain):  # type: ignore[misc]  # Flask-Babel carries no types
    """Flask-Babel's catalogue, found once per request and language instead of once per word."""

    def get_translations(self) -> Any:
        context = g.get("_flask_babel") if g else None  # none outside a request
        locale = getattr(context, "babel_locale", None)
        if context is None or locale is None:
            return super().get_translations()
        if getattr(context, "words_in", None) is not locale:
            context.words, context.words_in = super().get_translations(), locale
        return context.words

    def gettext(self, string: str, **variables: Any) -> str:
        found: str = self.get_translations().ugettext(string)
        return found % variables if variables else found


def _catalogue() -> Any:
    """`get_domain().get_translations()` without asking six times where we are: a page has 300 words."""
    context = g.get("_flask_babel")
    locale = getattr(context, "babel_locale", None)
    if locale is None or getattr(context, "words_in", None) is not locale:
        return get_domain().get_translations()
    return context.words


def translated(text: str, /, **values: Any) -> Markup:
    """`_(…)` of templates: the text in the reader's language, `values` escaped and filled in."""
    found = Markup(_catalogue().ugettext(text))  # noqa: S704  our own words
    return found % values if values else found


def options(choices: Iterable[tuple[Any, Any]], selected: Any = "") -> Markup:
    """The <option>s of a drop-down: (value, words) pairs, the selected one marked.

    Lists have a hundred of them above the rows, hence no template loop.
    """
    chosen = str(selected)
    lines = [
        f'<option value="{escape(value)}"{" selected" if str(value) == chosen else ""}>'
        f"{escape(words)}</option>"
        for value, words in choices
    ]
    return Markup("".join(lines))  # noqa: S704  every part is escaped above


def mark(chinese: str, english: str) -> str:
    """A punctuation mark of the reader's language, which is no text to translate."""
    return chinese if is_chinese() else english


def day_text(value: date | None) -> str:
    """A day in a table: 2026-11-23."""
    return value.isoformat() if value else ""


def moment_text(value: datetime | None) -> str:
    """A moment at the office: 2026-11-23 10:42."""
    return value.astimezone(clock.OFFICE).strftime("%Y-%m-%d %H:%M") if value else ""


def money_text(value: int | None) -> str:
    """Yuan as 亿元 or 万元 in the reader's language, never rounded across a threshold."""
    return "" if value is None else money.format_yuan(value, language())


def stated_text(text: str | None, value: int | None) -> str:
    """An amount as it was stated: as typed to Chinese readers, else read and worded (约6亿: about
    CNY 600 million), as typed where it cannot be read. Without a text the yuan."""
    if not text:
        return money_text(value)
    if is_chinese():
        return text
    try:
        return money.format_amount(money.parse_amount(text, bare_unit=None), language())
    except money.AmountError:
        return text


def _safe_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; manifest-src 'self'",
    )
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    if request.endpoint != "assets.file":
        headers.setdefault("Cache-Control", "no-store")
    return response


def _error_page(error: Exception) -> Any:
    """Every failure in plain words with its status; a fault in the page itself cannot fail twice."""
    db.session.rollback()
    context: dict[str, Any] = {"error": error}
    match error:
        case NotFound():
            code = 404
        case Refused():
            code = 422
        case Stale():
            code = 409
        case TooOften():
            code = 429
        case CSRFError():
            code, context["is_expired_form"] = 400, True
        case HTTPException():
            code = error.code or 500
            if error.response is not None or code < 400:
                return error
        case _:
            code = 500
            current_app.logger.exception("unexpected error on %s %s", request.method, request.path)
            if current_app.config.get("PROPAGATE_EXCEPTIONS"):
                raise error
    if request.accept_mimetypes.best == "application/json":
        return jsonify({"error": code}), code
    known = (
        code
        if code in {400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500}
        else (500 if code >= 500 else 400)
    )
    g.failing = code >= 500
    try:
        page = (
            _failing_page(code)
            if g.failing
            else render_template(f"errors/{known}.html", code=code, **context)
        )
    except Exception:
        current_app.logger.exception("the error page itself failed")
        code = 500
        page = _failing_page(code)
    headers = (
        dict(error.get_headers()) if isinstance(error, HTTPException) and code in {405, 429} else {}
    )
    headers = {k: v for k, v in headers.items() if k in {"Allow", "Retry-After"}}
    if isinstance(error, TooOften):
        headers["Retry-After"] = str(error.wait_seconds)
    return page, code, headers


def _failing_page(code: int) -> str:
    """The page of a failing server: asks neither database nor person, so it cannot fail as well."""
    try:
        stylesheet = asset_url("app.css")
    except AssetsNotBuilt:
        stylesheet = None
    page = current_app.jinja_env.get_template("errors/500.html")
    return page.render(code=code, stylesheet=stylesheet, moment=moment_text(clock.now()))
