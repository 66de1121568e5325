"""What a deployment must not get wrong, said before it starts."""

import stat
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from marketplace import env

SECRET_KEY_MIN_CHARS = 50
JSON_SERIALIZER = "rq.serializers.JSONSerializer"


@register(Tags.compatibility)
def check_foundations(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """What must be true everywhere."""
    return list(_foundations())


@register(Tags.security)
def check_production(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """What must be true of a production deployment."""
    if not settings.PRODUCTION:
        return []
    return [*_secrets(), *_places()]


def _foundations() -> Iterator[CheckMessage]:
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine != "django.db.backends.postgresql":
        yield Error(
            f"Concord runs on PostgreSQL only, not on {engine}.",
            hint="Give DATABASE_URL the form postgres://user:password@host/name.",
            id="concord.E007",
        )
    for name, queue in settings.RQ_QUEUES.items():
        if queue.get("SERIALIZER") != JSON_SERIALIZER:
            yield Error(
                f"The queue {name!r} does not carry its jobs as JSON.",
                hint=f"Set SERIALIZER to {JSON_SERIALIZER!r}: pickle runs whatever is sent to it.",
                id="concord.E008",
            )


def _secrets() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error(
            "DEBUG is on, which shows the inside of the service to everybody.",
            hint="Remove DEBUG from the environment.",
            id="concord.E001",
        )
    key = settings.SECRET_KEY
    if key == settings.DEV_SECRET_KEY or len(key) < SECRET_KEY_MIN_CHARS:
        yield Error(
            "SECRET_KEY is the one of the source code, or too short to be secret.",
            hint=f"Set SECRET_KEY to at least {SECRET_KEY_MIN_CHARS} random characters.",
            id="concord.E002",
        )
    redis = urlsplit(settings.REDIS_URL)
    if redis.scheme in {"redis", "rediss"} and not redis.password:
        yield Warning(
            "Redis is reached over the network without a password.",
            hint="Give REDIS_URL the form redis://:password@host:6379/0, or use a unix socket.",
            id="concord.W006",
        )


def _places() -> Iterator[CheckMessage]:
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS lets every host name through, or none.",
            hint="Set ALLOWED_HOSTS to the names clients use, separated by commas.",
            id="concord.E003",
        )
    data = settings.DATA_DIR
    if data.exists() and stat.S_IMODE(data.stat().st_mode) & stat.S_IRWXO:
        yield Error(
            f"Every user of this machine may enter the data directory {data}.",
            hint=f"chmod o-rwx {data}",
            id="concord.E004",
        )
    if not env.text("DATABASE_URL"):
        yield Error(
            "DATABASE_URL is not set, so the default of a developer's machine is used.",
            hint="Set DATABASE_URL to postgres://user:password@host/name.",
            id="concord.E005",
        )
