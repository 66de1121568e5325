"""The web process as its server loads it."""

import os
import subprocess
import sys

from tests.embedded.processes import ROOT


def test_the_doors_are_loaded_before_the_first_request():
    code = "import sys, marketplace.wsgi; sys.exit('marketplace.api.work' not in sys.modules)"

    loaded = subprocess.run(  # noqa: S603 -- argv is our own
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ, check=False
    )

    assert loaded.returncode == 0
