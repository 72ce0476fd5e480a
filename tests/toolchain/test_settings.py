"""What the environment may decide: everything wrong is named at once, and production is strict."""

import pytest

from crm.config import DEVELOPMENT_SECRET, Settings, SettingsError

GOOD = {
    "LIANZHAO_ENV": "production",
    "SECRET_KEY": "k" * 32,
    "DATABASE_URL": "postgresql://crm:secret@db/crm",
    "REDIS_URL": "redis://cache:6379/1",
    "MAIL_URL": "smtps://crm%40example.gov.cn:p%40ss@mail.example.gov.cn",
    "BASE_URL": "https://crm.example.gov.cn/",
}


def faults(**wrong: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**GOOD, **wrong})
    return refused.value.faults


def test_without_any_variable_everything_has_a_development_default():
    settings = Settings.from_env({})
    assert settings.is_development
    assert settings.database_url.startswith("sqlite:///")
    assert settings.redis_url is None
    assert settings.mail.is_folder


def test_a_complete_production_environment_is_read_exactly():
    settings = Settings.from_env(GOOD)
    assert not settings.is_development
    assert settings.database_url == "postgresql+psycopg://crm:secret@db/crm"
    assert (settings.mail.scheme, settings.mail.host, settings.mail.port) == (
        "smtps",
        "mail.example.gov.cn",
        465,
    )
    assert (settings.mail.username, settings.mail.password) == ("crm@example.gov.cn", "p@ss")
    assert settings.mail_sender == "crm@example.gov.cn"
    assert settings.base_url == "https://crm.example.gov.cn"


@pytest.mark.parametrize("secret", ["", DEVELOPMENT_SECRET, "k" * 31])
def test_production_refuses_a_missing_default_or_short_secret(secret):
    (fault,) = faults(SECRET_KEY=secret)
    assert "SECRET_KEY" in fault


@pytest.mark.parametrize("mail", ["", "file:///srv/outbox"])
def test_production_refuses_development_mail(mail):
    found = faults(MAIL_URL=mail)
    assert any("MAIL_URL" in fault for fault in found)


def test_production_refuses_to_go_without_redis():
    (fault,) = faults(REDIS_URL="")
    assert "REDIS_URL" in fault


def test_everything_wrong_is_named_at_once():
    found = faults(
        LIANZHAO_ENV="staging",
        SECRET_KEY="",
        DATABASE_URL="mysql://x",
        REDIS_URL="http://x",
        MAIL_URL="ftp://x",
        BASE_URL="crm.example.gov.cn",
        MAIL_SENDER="nobody",
        SESSION_IDLE_MINUTES="soon",
        UPLOAD_LIMIT_MB="0",
    )
    for name in (
        "LIANZHAO_ENV",
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "MAIL_URL",
        "BASE_URL",
        "MAIL_SENDER",
        "SESSION_IDLE_MINUTES",
        "UPLOAD_LIMIT_MB",
    ):
        assert any(fault.startswith(name) for fault in found), name


@pytest.mark.parametrize("token", ["short", "k" * 15, "令" * 20])
def test_a_weak_metrics_token_is_refused(token):
    assert [fault.split(":")[0] for fault in faults(METRICS_TOKEN=token)] == ["METRICS_TOKEN"]
    assert Settings.from_env(GOOD).metrics_token is None
    assert Settings.from_env({**GOOD, "METRICS_TOKEN": "k" * 16}).metrics_token == "k" * 16
