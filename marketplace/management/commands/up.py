"""`manage.py up`: the whole service on this machine."""

import contextlib
import sys
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from marketplace.embedded import places, service
from marketplace.embedded.accounts import Refused


class Command(BaseCommand):
    help = "Run everything here: PostgreSQL, Redis, the web server, the queue and the sweeper."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, help="Data directory, made if there is none.")
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on.")
        parser.add_argument("--port", type=int, default=8000, help="Port to listen on.")

    def handle(self, *, data: Path | None, host: str, port: int, **options: object) -> None:
        wanted = service.Wanted(
            root=settings.BASE_DIR,
            data=data or places.default_data(),
            host=host,
            port=port,
            web_threads=settings.WEB_THREADS,
        )
        try:
            service.run(wanted, say=self._say)
        except Refused as refused:
            self.stderr.write(str(refused))
            sys.exit(1)

    def _say(self, line: str) -> None:
        # Whoever reads this may be gone, or its disk full; what runs goes on.
        with contextlib.suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()
