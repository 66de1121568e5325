import os
import signal

import psycopg
import pytest
import redis

from marketplace.embedded import postgres, service
from marketplace.embedded import redis as doorbell
from marketplace.embedded.accounts import Refused
from tests.embedded.processes import eventually


def connect(where):
    return psycopg.connect(
        host=str(postgres.socket_directory(where)), user="concord", dbname="concord"
    )


def test_both_answer_keep_their_promises_and_come_back_after_a_kill(supervisor, where):
    found = service.start_databases(supervisor, where)
    with connect(where) as connection:
        shown = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN "
            "('fsync', 'synchronous_commit', 'jit', 'listen_addresses', 'server_encoding')"
        ).fetchall()
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    with redis.Redis.from_url(found["REDIS_URL"]) as client:
        client.set("kept", 1)
        server = client.info("server")["process_id"]
        policy = client.config_get("maxmemory-policy")["maxmemory-policy"]
    for pid in (server, int((where.data / "pg/postmaster.pid").read_text().split()[0])):
        os.kill(pid, signal.SIGKILL)

    def is_back():
        supervisor._revive()
        return postgres.is_ready(where) and doorbell.is_ready(where)

    assert dict(shown) == {
        "fsync": "on",
        "synchronous_commit": "on",
        "jit": "off",
        "listen_addresses": "",
        "server_encoding": "UTF8",
    }
    assert policy == "noeviction"
    assert eventually(is_back, within_s=20)
    with connect(where) as connection, redis.Redis.from_url(found["REDIS_URL"]) as client:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
        assert client.get("kept") == b"1"


def test_a_cluster_of_another_version_is_refused(where):
    cluster = where.data / "pg"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("15\n")

    with pytest.raises(Refused, match="was made by PostgreSQL 15; this one is 18"):
        postgres.program(where)


def test_servers_that_the_environment_names_are_used(supervisor, where, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/concord")
    monkeypatch.setenv("REDIS_URL", "")

    assert service.start_databases(supervisor, where) == {}


def test_a_machine_without_redis_works_on_without_it(where, monkeypatch):
    monkeypatch.setattr(doorbell, "package_directory", lambda _: None)
    monkeypatch.setenv("PATH", str(where.data))

    assert doorbell.program(where) is None
