"""`manage.py first_keys`: keys for whoever starts an empty installation."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.checks import Tags
from django.core.management.base import BaseCommand

from marketplace.embedded import first_keys
from marketplace.flows import tenants


class Command(BaseCommand):
    # What a deployment lacks is told here, before any door opens.
    requires_system_checks = [Tags.security, Tags.compatibility]
    help = "Make the first keys, once, and keep them in a file that only you can read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, required=True, help="Where to keep them.")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="Written beside them.")

    def handle(self, *, file: Path, url: str, **options: object) -> str:
        made = tenants.first_keys(keep=lambda pairs: first_keys.keep(file, pairs=pairs, url=url))
        first_keys.repoint(file, url=url)
        return f"{len(made)} keys made."
