"""Python imports this first: sleep without clock_nanosleep, which libfaketime breaks.

It fails there with EINVAL as soon as the monotonic clock is to stay true.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    if float(seconds) < 0:
        raise ValueError("sleep length must be non-negative")
    select.select((), (), (), float(seconds))


time.sleep = _sleep
