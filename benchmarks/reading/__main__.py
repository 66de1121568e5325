"""`make bench-reading`: 10^6 answers from PostgreSQL into votes, and the study of their workers."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.run import databases

REDUNDANCY, N_WORKERS, N_ANSWERS = 5, 5_000, 1_000_000
STATE = """
INSERT INTO accounts_user
       (password, uid, tenant_id, role, username, email, recorded, created_at)
SELECT '', gen_random_uuid(), %(tenant)s, 'worker', 'w' || n, '', true, now()
  FROM generate_series(1, %(workers)s) AS n;
INSERT INTO tasks_app_item (project_id, batch_id, external_id, payload, digest, hint, priority,
       created_at, withdrawn_because)
SELECT %(project)s, %(batch)s, 'b' || n, '{{}}', '', '', 0, now(), ''
  FROM generate_series(1, %(tasks)s) AS n;
INSERT INTO tasks_app_task (uid, project_id, item_id, is_gold, state, priority, rank, slots,
       open_slots, answers_due, is_open, n_answers)
SELECT gen_random_uuid(), project_id, id, false, 'open', 0, 0, 0, 0, 0, false, %(redundancy)s
  FROM tasks_app_item WHERE project_id = %(project)s;
INSERT INTO tasks_app_answer (project_id, task_id, worker_id, "values", answered_at, late)
SELECT task.project_id, task.id, worker.id,
       jsonb_build_object('kind', (ARRAY['wren', 'owl', 'other'])[1 + CASE
           WHEN random() < 0.6 THEN task.n %% 3 ELSE floor(random() * 3)::int END]),
       now(), false
  FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM tasks_app_task) AS task
 CROSS JOIN generate_series(1, %(redundancy)s) AS place
  JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM accounts_user WHERE recorded)
       AS worker ON worker.n = 1 + (task.n * 7 + place * 1009) %% %(workers)s;
ANALYZE;
"""


def main() -> None:
    """Build the state in a database of its own, then read it in a fresh process."""
    if sys.argv[1:2] == ["--build"]:
        _django()
        _build()
    elif sys.argv[1:2] == ["--read"]:
        _django()
        _read()
    elif sys.argv[1:2] == ["--study"]:
        _django()
        _study()
    else:
        with databases() as (_, environment):
            for part in ("--build", "--read", "--study"):
                command = [sys.executable, "-m", "benchmarks.reading", part]
                subprocess.run(command, env=environment, check=True)  # noqa: S603 -- our own argv


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    import django  # noqa: PLC0415 -- settings need the database that main starts

    django.setup()


def _build() -> None:
    from django.core.management import call_command  # noqa: PLC0415 -- needs settings
    from django.db import connection  # noqa: PLC0415 -- needs settings

    from tests.factories import a_project, a_tenant, some_items  # noqa: PLC0415 -- needs settings

    call_command("migrate", verbosity=0)
    project = a_project(a_tenant("bench"), slug="bench")
    (item,) = some_items(project, 1)
    parameters = {
        "tenant": project.tenant_id,
        "project": project.pk,
        "batch": item.batch_id,
        "workers": N_WORKERS,
        "tasks": N_ANSWERS // REDUNDANCY,
        "redundancy": REDUNDANCY,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("DELETE FROM tasks_app_task")
        for statement in STATE.strip().rstrip(";").split(";\n"):
            cursor.execute(statement.replace("{{}}", "{}"), parameters)


def _read() -> None:
    from quality import ballots  # noqa: PLC0415 -- needs settings
    from quality.core import Votes  # noqa: PLC0415 -- needs settings
    from tasks_app.models import Project  # noqa: PLC0415 -- needs settings

    project = Project.objects.get(slug="bench")
    before, started, spent = _peak_mb(), time.perf_counter(), time.process_time()
    read = ballots.read(project)
    (of_field,) = ballots.by_field(read, project.form)
    votes = of_field.votes
    coded = Votes(votes.task, votes.worker, votes.values, votes.n_tasks, votes.n_workers, 3)
    figures = {
        "answers": int(coded.task.size),
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(time.process_time() - spent, 2),
        "peak_mb": round(_peak_mb()),
        "before_mb": round(before),
    }
    _show(figures)


def _study() -> None:
    """Study 5,000 workers by 10^6 answers, as the job does after a refit."""
    from django.utils import timezone  # noqa: PLC0415 -- needs settings

    from quality import study  # noqa: PLC0415 -- needs settings
    from tasks_app.models import Project  # noqa: PLC0415 -- needs settings

    project = Project.objects.get(slug="bench")
    study.mark(project=project, is_quiet=True, now=timezone.now())
    before, started, spent = _peak_mb(), time.perf_counter(), time.process_time()
    outcome = study.run(project=project, clock=timezone.now, follow=lambda _: None)
    _show(
        {
            "studied_workers": len(outcome.worker_ids) if outcome else 0,
            "study_seconds": round(time.perf_counter() - started, 2),
            "study_cpu_seconds": round(time.process_time() - spent, 2),
            "study_peak_mb": round(_peak_mb()),
            "study_before_mb": round(before),
        }
    )


def _show(figures: dict[str, int | float]) -> None:
    for name, figure in figures.items():
        print(f"{name:<18} {figure:>12}")
    print(json.dumps(figures))


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
