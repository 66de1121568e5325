"""The comparison with Label Studio: rates over rounds, and who may be called a rival."""

import json

import pytest

from benchmarks import processes
from benchmarks.claims.load import Load
from benchmarks.rivals import __main__ as rivals
from benchmarks.rivals import debian


def a_load(n_pairs, seconds):
    return Load(seconds, n_pairs, claims_us=[1000] * n_pairs, submits_us=[3000] * n_pairs)


def test_rates_are_over_all_rounds_and_ratios_ours_by_theirs():
    ours = rivals.Side(imports_s=[1.0, 3.0], loads=[a_load(90, 2.0), a_load(10, 3.0)])
    theirs = rivals.Side(imports_s=[20.0, 20.0], loads=[a_load(5, 5.0)])

    found = rivals._figures({rivals.OURS: ours, rivals.THEIRS: theirs})

    assert found["pairs_per_s"] == 20
    assert found["pairs_ratio"] == 20
    assert found["import_ratio"] == 10
    assert ours.claim_ms(99) == 1.0
    assert ours.submit_ms(50) == 3.0


def test_without_the_extension_the_advice_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "PACKAGES", tmp_path)

    with pytest.raises(processes.Missing, match="apt-get install postgresql"):
        debian.binaries()


def test_the_newest_database_with_the_extension_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "PACKAGES", tmp_path / "lib")
    monkeypatch.setattr(debian, "SHARED", tmp_path / "share")
    for version in ("9", "15", "17"):
        (tmp_path / "lib" / version / "bin").mkdir(parents=True)
        (tmp_path / "lib" / version / "bin" / "initdb").touch()
        if version != "17":
            (tmp_path / "share" / version / "extension").mkdir(parents=True)
            (tmp_path / "share" / version / "extension" / "pg_trgm.control").touch()

    assert debian.binaries() == tmp_path / "lib" / "15" / "bin"


def test_a_program_that_is_not_there_is_named_with_what_to_do():
    with pytest.raises(
        processes.Missing, match="no-such-program is not on this machine: install it"
    ):
        processes.required("no-such-program", "install it")


def test_a_load_survives_its_report():
    told = {"seconds": 1.0, "n_pairs": 0, "claims_us": [], "submits_us": []}

    assert Load(**json.loads(json.dumps(told))).pairs_per_s == 0
