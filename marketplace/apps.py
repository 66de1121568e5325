"""The shop, whose checks are registered by importing them."""

from django.apps import AppConfig

from marketplace import checks as checks


class MarketplaceConfig(AppConfig):
    name = "marketplace"
