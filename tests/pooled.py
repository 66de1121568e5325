"""A pgbouncer before the tests' PostgreSQL, by the setting that docs/pgbouncer.ini documents."""

import configparser
import pwd
import shutil
from pathlib import Path
from urllib.parse import quote

import psycopg

from marketplace.embedded import postgres
from marketplace.embedded.accounts import Refused
from marketplace.embedded.places import Places, own_directory
from marketplace.embedded.processes import Program
from marketplace.embedded.supervisor import Supervisor

DOCUMENTED = Path(__file__).parents[1] / "docs" / "pgbouncer.ini"


def start(supervisor: Supervisor, where: Places) -> str:
    """Start it, and give the DATABASE_URL that leads through it."""
    found = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/bin:/usr/bin")
    if found is None:
        raise Refused("Install pgbouncer (Debian: apt-get install pgbouncer).")
    directory = where.run / "pool"
    own_directory(directory, where.account)
    settings = directory / "pgbouncer.ini"
    settings.write_text(_here(where, directory))
    program = Program(
        name="pgbouncer",
        argv=[found, str(settings)],
        env={},
        cwd=directory,
        account=where.account,
        stage=1,
    )
    if where.account:
        settings.chmod(0o644)
        _admit(where)
    supervisor.start(program)
    supervisor.await_ready(program, lambda: _answers(directory), timeout_s=20)
    host = quote(str(directory), safe="")
    return f"postgres://{postgres.ROLE}@/{postgres.DATABASE}?host={host}&port=6432"


def _here(where: Places, directory: Path) -> str:
    """The documented setting, at this place and for whoever may reach it."""
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes=(";",))
    parser.read(DOCUMENTED)
    server = parser["databases"]["*"]
    parser["databases"]["*"] = server.replace(
        "host=/var/run/postgresql", f"host={postgres.socket_directory(where)}"
    )
    changed = {
        "listen_addr": "",
        "unix_socket_dir": str(directory),
        "auth_type": "any",
        "logfile": "",
    }
    parser["pgbouncer"].update(changed)
    del parser["pgbouncer"]["auth_file"]
    with (directory / "draft.ini").open("w") as draft:
        parser.write(draft)
    return (directory / "draft.ini").read_text()


def _admit(where: Places) -> None:
    """Let the account that pgbouncer runs as call itself by the role's name."""
    assert where.account is not None
    name = pwd.getpwuid(where.account.uid).pw_name
    with (where.data / "pg" / "pg_ident.conf").open("a") as map_of_names:
        map_of_names.write(f'concord "{name}" {postgres.ROLE}\n')
    with psycopg.connect(
        host=str(postgres.socket_directory(where)), user=postgres.ROLE, dbname="postgres"
    ) as session:
        session.execute("SELECT pg_reload_conf()")


def _answers(directory: Path) -> bool:
    try:
        with psycopg.connect(
            host=str(directory), port=6432, user=postgres.ROLE, dbname="postgres", connect_timeout=2
        ):
            return True
    except psycopg.OperationalError:
        return False
