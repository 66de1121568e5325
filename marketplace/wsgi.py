"""The web process."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
application = get_wsgi_application()

from marketplace import hangups  # noqa: E402 -- settings come first
from marketplace.accounts import keyring  # noqa: E402
from marketplace.flows import doorbell  # noqa: E402

hangups.watch()
keyring.note_in_background()
doorbell.ring_in_background()
