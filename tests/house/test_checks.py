from pathlib import Path

import pytest

from marketplace import checks


@pytest.fixture
def production(settings, tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    monkeypatch.setenv("DATABASE_URL", "postgres://db/concord")
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.SECRET_KEY = "s" * 50
    settings.ALLOWED_HOSTS = ["concord.example"]
    settings.DATA_DIR = tmp_path
    settings.REDIS_URL = "redis://:secret@queue/0"
    return settings


def found():
    return [message.id for message in checks.check_production(None)]


def test_a_good_deployment_passes(production):
    assert found() == []


@pytest.mark.parametrize(
    ("setting", "value", "fault"),
    [
        ("DEBUG", True, "concord.E001"),
        ("SECRET_KEY", "short", "concord.E002"),
        ("ALLOWED_HOSTS", ["*"], "concord.E003"),
        ("ALLOWED_HOSTS", [], "concord.E003"),
        ("DATA_DIR", Path("/"), "concord.E004"),
        ("REDIS_URL", "redis://queue:6379/0", "concord.W006"),
    ],
)
def test_a_bad_setting_is_named_with_a_hint(production, setting, value, fault):
    setattr(production, setting, value)

    assert found() == [fault]
    assert all(message.hint for message in checks.check_production(None))


def test_the_key_of_the_source_code_is_refused(production):
    production.SECRET_KEY = production.DEV_SECRET_KEY

    assert found() == ["concord.E002"]


def test_the_default_database_is_refused(production, monkeypatch):
    monkeypatch.delenv("DATABASE_URL")

    assert found() == ["concord.E005"]


def test_only_production_is_examined(production):
    production.PRODUCTION = False
    production.DEBUG = True

    assert found() == []


def test_another_database_or_serializer_is_refused_everywhere(settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    settings.RQ_QUEUES = {"settle": {"SERIALIZER": "rq.serializers.DefaultSerializer"}}

    messages = checks.check_foundations(None)

    assert [message.id for message in messages] == ["concord.E007", "concord.E008"]
