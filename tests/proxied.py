"""The nginx that docs/operating.md documents, before a service of a test's own."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.webhooks.receiver import CERTIFICATE

PAGE = Path(__file__).parents[1] / "docs" / "operating.md"
IS_WANTED = os.environ.get("PROXIED") == "1"
AROUND = """
daemon off;
pid {here}/nginx.pid;
error_log {here}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {here}/bodies;
    proxy_temp_path {here}/replies;
    fastcgi_temp_path {here}/f;
    uwsgi_temp_path {here}/u;
    scgi_temp_path {here}/s;
{recipe}
}}
"""


@contextmanager
def nginx(here: Path, *, port: int, upstream: int) -> Iterator[int]:
    """Its process, while it runs; it reads and writes under `here` only."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin")
    if found is None:
        pytest.fail("Install nginx (Debian: apt-get install nginx-light).")
    settings = here / "nginx.conf"
    account = "user root;" if os.geteuid() == 0 else ""
    settings.write_text(account + AROUND.format(here=here, recipe=_recipe(port, upstream)))
    command = [found, "-e", str(here / "error.log"), "-p", str(here), "-c", str(settings)]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)  # noqa: S603 -- our own argv
    assert tested.returncode == 0, tested.stderr
    process = subprocess.Popen(command)  # noqa: S603 -- our own argv
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _recipe(port: int, upstream: int) -> str:
    """The documented one, at this place."""
    (recipe,) = re.findall(r"^```nginx\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    for documented, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("ssl_certificate /etc/ssl/concord.example.org.pem;", f"ssl_certificate {CERTIFICATE};"),
        (
            "ssl_certificate_key /etc/ssl/concord.example.org.pem;",
            f"ssl_certificate_key {CERTIFICATE};",
        ),
        ("http://127.0.0.1:8000;", f"http://127.0.0.1:{upstream};"),
    ):
        assert recipe.count(documented) == 1, documented
        recipe = recipe.replace(documented, here)
    return recipe
