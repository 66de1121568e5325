"""Is the service well? For orchestrators and for graphs; and the page to try the API."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace import metrics
from marketplace.api.rendering import reply
from marketplace.flows import doorbell, jobs


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return reply({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Database and migrations are right; without Redis the service works on, degraded."""
    redis = "ok" if doorbell.is_up() else "degraded"
    try:
        migrations = "behind" if _is_behind() else "ok"
    except DatabaseError:
        return reply({"status": "unavailable", "database": "unavailable", "redis": redis}, 503)
    is_ready = migrations == "ok"
    told = {
        "status": "ok" if is_ready else "unavailable",
        "database": "ok",
        "migrations": migrations,
        "redis": redis,
    }
    return reply(told, 200 if is_ready else 503)


@require_safe
def exposition(request: HttpRequest) -> HttpResponse:
    """Metrics for Prometheus."""
    now = timezone.now()
    gauges = {
        "concord_oldest_unsettled_answer_seconds": jobs.oldest("settle", now),
        "concord_oldest_undelivered_change_seconds": jobs.oldest("webhooks", now),
        "concord_oldest_training_seconds": jobs.oldest("training", now),
        "concord_oldest_study_seconds": jobs.oldest("workers", now),
    }
    for topic in doorbell.TOPICS:
        waiting = doorbell.waiting(topic)
        if waiting is not None:
            gauges[f"concord_queue_depth_{topic}"] = waiting
    body, content_type = metrics.exposition(gauges)
    return HttpResponse(body, content_type=content_type)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The page to read and try the API, offline."""
    return render(request, "api/docs.html")


def _is_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
