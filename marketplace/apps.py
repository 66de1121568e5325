"""The shop, whose checks are registered by importing them."""

from django.apps import AppConfig

from marketplace import checks as checks
from marketplace import database_code


class MarketplaceConfig(AppConfig):
    name = "marketplace"

    def ready(self) -> None:
        """Let the code in the database follow the migrations of its tables."""
        database_code.follow_migrations()
