"""create_app(): the one place where the parts meet."""

from datetime import timedelta

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from werkzeug.middleware.proxy_fix import ProxyFix

from crm import navigation, translations
from crm.config import ROOT, Mode, Settings
from crm.core.assets import register_assets
from crm.core.db import db, end_reading
from crm.core.engine import engine_options, prepare_engine
from crm.core.guard import check_every_view_is_declared
from crm.core.styleguide import register_styleguide
from crm.core.web import register_web


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Raises SettingsError when the environment is wrong."""
    settings = settings or Settings.from_env()
    app = Flask(
        "crm",
        root_path=str(ROOT / "crm"),
        template_folder=str(ROOT / "templates"),
        static_folder=None,
    )
    app.extensions["settings"] = settings
    app.config.from_mapping(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(
            settings.database_url, shows_values=settings.is_development
        ),
        SESSION_COOKIE_NAME="lianzhao",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=settings.session_idle_minutes),
        MAX_CONTENT_LENGTH=settings.upload_limit_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
        WTF_CSRF_TIME_LIMIT=None,
        TESTING=settings.mode is Mode.TEST,
        BABEL_TRANSLATION_DIRECTORIES=str(translations.mo_path().parents[2]),
    )
    if settings.is_behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    if settings.is_development:
        translations.ensure_compiled()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    register_database(app)
    register_web(app)
    register_sign_in(app)
    register_assets(app)
    register_features(app, settings)
    register_account_security()
    register_commands(app)
    check_every_view_is_declared(app)
    return app


def register_database(app: Flask) -> None:
    db.init_app(app)
    # After init_app: teardown functions run last to first, and its own one rolls back.
    app.teardown_appcontext(end_reading)
    with app.app_context():
        prepare_engine(db.engine)


def register_sign_in(app: Flask) -> None:
    from crm.accounts.rules import Actor
    from crm.core import clock
    from crm.reminders.queries.inbox import actor_and_unread

    manager = LoginManager(app)
    manager.session_protection = (
        None  # the session stamp ends sessions; addresses change behind proxies
    )

    @manager.user_loader
    def load(key: str) -> Actor | None:
        number, _, stamp = key.partition(":")
        if not number.isdigit():
            return None
        found = actor_and_unread(int(number), clock.today(), address=request.remote_addr)
        if found is None or found[0].session_stamp != stamp:
            return None
        g.unread, g.last_sign_at = found[1], found[2]
        return found[0]

    @manager.unauthorized_handler
    def ask() -> ResponseReturnValue:
        if request.headers.get("HX-Request"):
            return "", 401, {"HX-Redirect": url_for("accounts.login")}
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("accounts.login", next=target))

    @app.before_request
    def first_password() -> ResponseReturnValue | None:
        """Who still has a password somebody else set may only change it, sign out or read help."""
        open_to_all = {
            "accounts.password",
            "accounts.logout",
            "accounts.set_language",
            "assets.file",
        }
        if request.endpoint in open_to_all or request.endpoint is None:
            return None
        if current_user.is_authenticated and current_user.must_change_password:
            return redirect(url_for("accounts.password"))
        return None


def register_features(app: Flask, settings: Settings) -> None:
    """Import every feature's models (so that all tables are known) and mount its pages."""
    import crm.calendar.models
    import crm.checkup.models
    import crm.closing.models
    import crm.coverage.models
    import crm.dispatch.models
    import crm.imports.models
    import crm.leads.models
    import crm.outbox.models
    import crm.outlook.models
    import crm.quotas.models
    import crm.recognition.models
    import crm.reminders.models  # noqa: F401
    from crm.accounts import views as accounts
    from crm.calendar import views as calendar
    from crm.chains import views as chains
    from crm.checkup import views as checkup
    from crm.closing import views as closing
    from crm.coverage import views as coverage
    from crm.dashboard import views as dashboard
    from crm.dispatch import views as dispatch
    from crm.enterprises import views as enterprises
    from crm.history import views as history
    from crm.imports import views as imports
    from crm.leads import views as leads
    from crm.outbox import views as outbox
    from crm.outlook import views as outlook
    from crm.quotas import views as quotas
    from crm.recognition import views as recognition
    from crm.reminders import instruction_letters, unit_letters
    from crm.reminders import letters as due_letters
    from crm.reminders import views as reminders
    from crm.reports import brief_letters
    from crm.reports import views as reports

    app.extensions["writers"] = (
        due_letters.writers,
        instruction_letters.writers,
        unit_letters.writers,
        brief_letters.writers,
    )
    for feature in (
        accounts,
        calendar,
        chains,
        checkup,
        closing,
        coverage,
        dashboard,
        dispatch,
        enterprises,
        history,
        imports,
        leads,
        outbox,
        outlook,
        quotas,
        recognition,
        reminders,
        reports,
    ):
        app.register_blueprint(feature.bp)
    app.register_blueprint(reminders.feeds)
    app.register_blueprint(outbox.monitoring)
    app.register_blueprint(outbox.robots)
    if settings.is_development:
        register_styleguide(app)
        app.register_blueprint(outbox.mailbox)
    navigation.register(app)


def register_account_security() -> None:
    """Whatever happens to an account is told to its person, through whatever door it came."""
    from crm.outbox import security

    security.listen()


def register_commands(app: Flask) -> None:
    from crm import cli

    cli.register(app)
