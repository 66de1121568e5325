"""The account that PostgreSQL and Redis are run as when the caller is root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

# PostgreSQL refuses to run as root.
SERVICE_ACCOUNTS = ("concord", "postgres", "nobody")


class Refused(Exception):
    """One sentence to the person who typed the command."""


@dataclass(frozen=True)
class Account:
    """A user of this system that programs are run as."""

    name: str
    uid: int
    gid: int


def can_enter(path: Path, account: Account) -> bool:
    """Whether the account may pass through the directory."""
    return _as_account(account, path, os.X_OK)


def can_run(path: Path, account: Account) -> bool:
    """Whether the account may read and run the file."""
    return _as_account(account, path, os.R_OK | os.X_OK)


def _as_account(account: Account, path: Path, mode: int) -> bool:
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
        os._exit(0 if os.access(path, mode) else 1)
    return os.waitpid(pid, 0)[1] == 0


def service_account(cluster: Path) -> Account | None:
    """Whom PostgreSQL runs as when the caller is root; None when it is the caller.

    Raises Refused if there is nobody to lend it to.
    """
    if os.geteuid() != 0:
        return None
    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    if cluster.exists():  # keep to the account that made it
        owner = pwd.getpwuid(cluster.stat().st_uid)
        return Account(owner.pw_name, owner.pw_uid, owner.pw_gid)
    for name in SERVICE_ACCOUNTS:
        if name in entries:
            return Account(name, entries[name].pw_uid, entries[name].pw_gid)
    raise Refused("PostgreSQL does not run as root: add a user 'concord', or start as another.")
