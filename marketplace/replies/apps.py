"""The room of kept replies."""

from django.apps import AppConfig


class RepliesConfig(AppConfig):
    name = "marketplace.replies"
    label = "replies"
