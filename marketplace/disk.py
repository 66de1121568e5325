"""Whether the disk under the database has room for what comes in.

A server that cannot write its log ends, and starts again only once there is room; so Concord stops
writing while there is some left, and what was written can be read.
"""

import os

from django.conf import settings

# Four files of PostgreSQL's log: what is under way can end, and a server that fell can rise.
LEAST_FREE_BYTES = 64 << 20


def is_full() -> bool:
    """True if nothing more should be written. A look costs a microsecond or two."""
    if not settings.DATABASE_DISK:
        return False
    try:
        status = os.statvfs(settings.DATABASE_DISK)
    except OSError:
        return False
    return status.f_bavail * status.f_frsize < LEAST_FREE_BYTES
