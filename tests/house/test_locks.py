import shutil
from pathlib import Path

import pytest

from tests.house import locks

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path):
    apart = [f"{name}.{kind}" for name in locks.APART for kind in ("in", "lock")]
    for name in ("pyproject.toml", locks.RUNTIME, locks.DEV, *apart):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def change(path, before, after):
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_the_locks_say_what_the_project_says():
    assert locks.faults(ROOT) == []


def test_a_requirement_that_is_not_locked_is_found(copy):
    change(copy / "pyproject.toml", '"rich>=15,<16",', '"rich>=15,<16", "nosuch>=1",')

    assert f"{locks.RUNTIME}: nosuch is not in it" in locks.faults(copy)


def test_a_version_outside_its_bounds_is_found(copy):
    change(copy / "pyproject.toml", '"rich>=15,<16"', '"rich>=16"')

    assert any("rich" in fault and "is not >=16" in fault for fault in locks.faults(copy))


def test_locks_that_disagree_are_found(copy):
    change(copy / locks.RUNTIME, "granian==2.8.7", "granian==2.8.8")

    assert any(fault.startswith("granian: ") for fault in locks.faults(copy))


def test_a_line_without_a_hash_is_found(copy):
    with (copy / locks.DEV).open("a") as lock:
        lock.write("unhashed==1.0\n")

    assert f"{locks.DEV}: unhashed has no hash" in locks.faults(copy)


@pytest.mark.parametrize(
    ("name", "package", "version"),
    [
        ("benchmarks/peers/requirements", "crowd-kit", "1.4.2"),
        ("benchmarks/rivals/requirements", "label-studio", "1.23.0"),
    ],
)
def test_a_peer_that_is_not_locked_is_found(copy, name, package, version):
    change(copy / f"{name}.in", f"{package}=={version}", f"{package}==99")

    assert f"{name}.lock: {package} {version} is not ==99" in locks.faults(copy)


def test_an_address_is_found(copy):
    with (copy / locks.RUNTIME).open("a") as lock:
        lock.write("# --index-url somewhere\n")

    assert any("holds an address" in fault for fault in locks.faults(copy))


def test_an_environment_that_differs_from_the_lock_is_found(copy):
    for name in (locks.RUNTIME, locks.DEV):
        change(copy / name, "granian==2.8.7", "granian==2.8.8")

    assert "granian: installed 2.8.7, locked 2.8.8" in locks.faults(copy)
