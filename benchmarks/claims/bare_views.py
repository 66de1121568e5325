"""Two views and nothing around them: no authentication, no checks, no log (run by granian)."""

import json
import os

import django
import environ
from django.conf import settings

# The plainest settings under which DRF answers JSON; connections are kept, as the service does.
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ["SECRET_KEY"],
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=[],
    USE_TZ=True,
    DATABASES={
        "default": {
            **environ.Env.db_url_config(os.environ["DATABASE_URL"]),
            "ENGINE": "django.db.backends.postgresql",
            "CONN_MAX_AGE": 600,
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 -- settings come first
from django.db import connection  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from benchmarks.claims import bare  # noqa: E402

CLAIM, SUBMIT = bare.for_psycopg(bare.CLAIM), bare.for_psycopg(bare.SUBMIT)


class Claim(APIView):
    """One claim, one statement."""

    def post(self, request: Request) -> Response:
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"worker": request.data["worker"]})
            lease, payload = cursor.fetchone()
        return Response({"id": lease, "payload": json.loads(payload)}, status=201)


class Submit(APIView):
    """One answer, one statement."""

    def post(self, request: Request, lease: int) -> Response:
        answer = json.dumps(request.data["answer"])
        with connection.cursor() as cursor:
            cursor.execute(SUBMIT, {"id": lease, "answer": answer})
            found = cursor.fetchone()
        return Response({"id": lease}, status=201 if found else 409)


urlpatterns = [
    path("claim/", Claim.as_view()),
    path("submit/<int:lease>/", Submit.as_view()),
]
application = get_wsgi_application()
