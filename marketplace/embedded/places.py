"""Where everything of one installation lies, and who may enter."""

import fcntl
import getpass
import hashlib
import os
import secrets
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from marketplace.embedded.accounts import Account, Refused, can_enter, service_account

# A unix socket's path holds at most 107 bytes on Linux, 103 on macOS.
SOCKET_PATH_MAX = 100
LONGEST_SOCKET_NAME = "redis/.s.PGSQL.5432.lock"
GUARDIAN_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Places:
    """The data directory, and the account of the databases when the caller is root."""

    data: Path
    account: Account | None
    run: Path

    @property
    def log(self) -> Path:
        """One file per process."""
        return self.data / "log"

    @property
    def first_keys(self) -> Path:
        """The keys made on the first start."""
        return self.data / "first-keys.env"


def default_data() -> Path:
    """$CONCORD_DATA, else the place this system keeps a service's or a person's data."""
    named = os.environ.get("CONCORD_DATA")
    if named:
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/concord")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "concord"


def prepare(data: Path) -> Places:
    """Make the directories. Raises Refused if they cannot be used."""
    data = data.absolute()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        account = service_account(data / "pg")
        _admit(data, account)
        run = _run_directory(data, account)
        (data / "log").mkdir(mode=0o700, exist_ok=True)
    except PermissionError as error:
        raise Refused(f"{error.filename} cannot be used by {getpass.getuser()!r}.") from None
    except OSError as error:
        raise Refused(f"The data directory {data} cannot be used: {error.strerror}.") from None
    if account and not can_enter(data, account):
        raise Refused(
            f"{data} lies where {account.name!r} cannot go, and PostgreSQL does not run as root: "
            "choose another place with --data, or start as another user."
        )
    return Places(data=data, account=account, run=run)


def own_directory(path: Path, account: Account | None) -> Path:
    """A directory that only the account of the databases (or the caller) may enter."""
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    if account:
        os.chown(path, account.uid, account.gid)
    return path


class Hold:
    """The data directory, held for this process and for the guardian that outlives it."""

    def __init__(self, places: Places) -> None:
        self._mine = _open_lock(places.data / "lock")
        self.guardian = _open_lock(places.data / "guardian-lock")
        try:
            self._take(places)
        except Refused:
            self.release()
            raise

    def release(self) -> None:
        """Let the next one in."""
        os.close(self._mine)
        os.close(self.guardian)

    def _take(self, places: Places) -> None:
        """Raises Refused if another process holds it."""
        refusal = Refused(f"Concord already runs on {places.data}.")
        if not _locked(self._mine):
            raise refusal
        # The guardian of a supervisor that was killed holds on until it has cleaned up.
        patient_until = time.monotonic() + GUARDIAN_PATIENCE_S
        while not _locked(self.guardian):
            if time.monotonic() > patient_until:
                raise refusal
            time.sleep(0.1)


def secret_key(places: Places) -> str:
    """The random key of this installation, made once."""
    path = places.data / "secret-key"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(50) + "\n")
    return path.read_text().strip()


def write_private(path: Path, content: str) -> None:
    """Replace the file in one step, on disk and for its owner's eyes only."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def _admit(data: Path, account: Account | None) -> None:
    """The account may walk through to its own directories, and can list nothing."""
    if account:
        os.chown(data, os.geteuid(), account.gid)
    data.chmod(0o710 if account else 0o700)


def _run_directory(data: Path, account: Account | None) -> Path:
    run = data / "run"
    if len(str(run / LONGEST_SOCKET_NAME)) > SOCKET_PATH_MAX:
        digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
        runtime = os.environ.get("XDG_RUNTIME_DIR") if os.geteuid() else None
        run = Path(runtime or "/tmp") / f"concord-{os.geteuid()}-{digest}"  # noqa: S108 -- see below
    run.mkdir(mode=0o700, exist_ok=True)
    status = run.lstat()
    # In a shared directory somebody else may have been there first.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise Refused(f"{run} belongs to another user.")
    _admit(run, account)
    return run


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
