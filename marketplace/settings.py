"""Every setting of Concord; values come from the environment."""

from pathlib import Path
from typing import Any

import environ

from marketplace import env, logs

BASE_DIR = Path(__file__).resolve().parent.parent

DEV_SECRET_KEY = "insecure-development-key-never-use-it-in-production"  # noqa: S105 -- refused by checks.py
SECRET_KEY = env.text("SECRET_KEY", DEV_SECRET_KEY)
DEBUG = env.flag("DEBUG", default=False)
# What the deployment is: a production one must pass the checks of marketplace.checks.
PRODUCTION = env.flag("PRODUCTION", default=False)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
DATA_DIR = Path(env.text("CONCORD_DATA", str(BASE_DIR / "data")))

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_rq",
    "rest_framework",
    "drf_spectacular",
    "marketplace",
    "marketplace.accounts",
    "marketplace.replies",
    "marketplace.webhooks",
    "quality",
    "tasks_app",
]
MIDDLEWARE = [
    "marketplace.logs.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",  # refuses hosts that are not allowed
    "whitenoise.middleware.WhiteNoiseMiddleware",
]
ROOT_URLCONF = "marketplace.urls"
WSGI_APPLICATION = "marketplace.wsgi.application"
TEMPLATES = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True},
]
AUTH_USER_MODEL = "accounts.User"
# The workshop and the laboratory know tenants by this name only, as they know people.
TENANT_MODEL = "accounts.Tenant"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
APPEND_SLASH = False

DATABASE_URL = env.text("DATABASE_URL", "postgres://concord@localhost/concord")
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **environ.Env.db_url_config(DATABASE_URL),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        # A look at the socket does it, without a round trip: marketplace.hangups.
        "CONN_HEALTH_CHECKS": False,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # works behind pgbouncer in transaction mode
    }
}
_database_options: dict[str, Any] = DATABASES["default"].setdefault("OPTIONS", {})
_database_options.setdefault("connect_timeout", 5)
_database_options.setdefault("options", "-c statement_timeout=15000 -c timezone=UTC")

# A directory on the disk that PostgreSQL writes to, watched for room; empty: it is elsewhere.
DATABASE_DISK = env.text("DATABASE_DISK")

# Redis is the doorbell of the queue; empty means there is none and the sweeper does the work.
REDIS_URL = env.text("REDIS_URL")
RQ_QUEUES = {
    name: {
        "URL": REDIS_URL or "redis://localhost:1/0",
        "SERIALIZER": "rq.serializers.JSONSerializer",
        "DEFAULT_TIMEOUT": timeout_s,
    }
    for name, timeout_s in (("settle", 600), ("webhooks", 600), ("training", 3600))
}

STATIC_URL = "static/"
# The few static files are served from where they lie.
WHITENOISE_USE_FINDERS = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# A body larger than this is refused, but for uploads of items, answers and predictions.
BODY_MAX_BYTES = 2_500_000
UPLOAD_MAX_BYTES = 1 << 30
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # the parser of marketplace.api counts, and says 413

# Networks that webhooks may reach although they are not public.
WEBHOOK_ALLOW = env.networks("WEBHOOK_ALLOW")
WEBHOOK_TIMEOUT_S = env.number("WEBHOOK_TIMEOUT_S", 15, low=1, high=30)
# How many requests a key may make in a minute, in all processes together.
KEY_REQUESTS_PER_MINUTE = env.number("KEY_REQUESTS_PER_MINUTE", 60_000, low=1, high=10**9)
# Threads of one web process; at most a quarter of them wait in long polls.
WEB_THREADS = env.number("WEB_THREADS", 8, low=4, high=256)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["marketplace.accounts.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["marketplace.api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["marketplace.api.rendering.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "marketplace.api.openapi.DoorSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "marketplace.api.rendering.Negotiation",
    "EXCEPTION_HANDLER": "marketplace.api.errors.handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Concord",
    "DESCRIPTION": "A self-hosted marketplace for human judgement.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": ["marketplace.api.openapi.finish"],
    "SERVE_AUTHENTICATION": [],
}
LOGGING_CONFIG = None
logs.configure(debug=DEBUG, level=env.text("LOG_LEVEL", "INFO"))
