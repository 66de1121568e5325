"""`python -m chaos.audit HISTORY PROJECT`: the checks, on the database DATABASE_URL names."""

import json
import os
import sys
from pathlib import Path

import django

from chaos import history

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
django.setup()

from django.db import connection  # noqa: E402 -- settings come first
from django.utils import timezone  # noqa: E402 -- settings come first

from chaos.audit.checks import audited  # noqa: E402 -- settings come first
from chaos.audit.finding import Scene  # noqa: E402 -- settings come first
from tasks_app.models import Project  # noqa: E402 -- settings come first


def main() -> int:
    """Print a line for each check, then one of JSON."""
    path, slug = sys.argv[1:]
    story = history.read(Path(path))
    project = Project.objects.get(slug=slug)
    with connection.cursor() as cursor:
        found = audited(Scene(cursor, project.pk, story, timezone.now()))
    for name, finding in found.items():
        _say(finding.line(name))
    failed = [name for name, finding in found.items() if not finding.is_good]
    _say(json.dumps({"acked": story.n_acked, "checks": len(found), "failed": failed}))
    return 1 if failed else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- this is a command


if __name__ == "__main__":
    sys.exit(main())
