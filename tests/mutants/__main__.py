"""`make mutants`: break each promise on a copy, one at a time; the test it names must fail.

Promises hang on a few words and constraints. Each mutant takes one away; if its test still passes,
the test proves nothing, and this fails.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants.listed import MUTANTS, Mutant
from tests.run import Environment, databases

ROOT = Path(__file__).parents[2]
COPIED = ("docs", "marketplace", "quality", "tasks_app", "tests", "manage.py", "pyproject.toml")
MIGRATION = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tasks_app", "{after}")]
    operations = [migrations.RunSQL("{sql}")]
"""


def main() -> int:
    with databases() as (_, environment):
        untouched = sorted({mutant.test for mutant in MUTANTS})
        if not _passes(ROOT, untouched, environment):
            _say("FAILED: the tests fail without any mutant")
            return 1
        survivors = [mutant.name for mutant in MUTANTS if not _is_noticed(mutant, environment)]
    if survivors:
        _say(f"FAILED: nobody notices {', '.join(survivors)}")
        return 1
    _say(f"All {len(MUTANTS)} mutants were noticed")
    return 0


def _is_noticed(mutant: Mutant, environment: Environment) -> bool:
    with tempfile.TemporaryDirectory(prefix="concord-mutant-") as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, copy / name)
        _mutate(mutant, copy)
        is_noticed = not _passes(copy, [mutant.test], environment)
    _say(f"{'noticed ' if is_noticed else 'SURVIVED'} {mutant.name} ({mutant.test})")
    return is_noticed


def _mutate(mutant: Mutant, copy: Path) -> None:
    if mutant.sql:
        folder = copy / "tasks_app" / "migrations"
        last = max(path.stem for path in folder.glob("0*.py"))
        text = MIGRATION.format(after=last, sql=mutant.sql)
        (folder / "9999_mutant.py").write_text(text)
        return
    target = copy / mutant.file
    text = target.read_text()
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: {mutant.file} does not hold {mutant.old!r} once")
    target.write_text(text.replace(mutant.old, mutant.new))


def _passes(folder: Path, tests: list[str], environment: Environment) -> bool:
    """Only a failed test counts as one: a run that breaks down otherwise ends everything."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    brief = environment | {"LIFECYCLE_PROFILE": "brief"}
    done = subprocess.run(  # noqa: S603 -- argv is our own
        command, cwd=folder, env=brief, capture_output=True, text=True, check=False
    )
    if done.returncode not in {0, 1} or " error" in done.stdout.splitlines()[-1]:
        raise SystemExit(done.stdout + done.stderr)
    return done.returncode == 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- this is a command


if __name__ == "__main__":
    sys.exit(main())
