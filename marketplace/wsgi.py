"""The web process."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
application = get_wsgi_application()

from django.urls import get_resolver  # noqa: E402 -- settings come first

from marketplace import hangups  # noqa: E402
from marketplace.accounts import keyring  # noqa: E402
from marketplace.flows import doorbell  # noqa: E402

# Every door, which takes seconds: else the first requests of a worker that was started again would
# wait for that, while its neighbour has nothing to do.
get_resolver().url_patterns  # noqa: B018 -- to look is to load
hangups.watch()
keyring.note_in_background()
doorbell.ring_in_background()
