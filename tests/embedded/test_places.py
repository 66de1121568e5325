import os
import stat
from pathlib import Path

import pytest

from marketplace.embedded import first_keys, places
from marketplace.embedded.accounts import Refused


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_can_look_into_the_data_directory(where):
    # The account lent to PostgreSQL may walk through, and list nothing.
    assert mode(where.data) == (0o710 if os.geteuid() == 0 else 0o700)
    assert mode(where.log) == 0o700


def test_a_second_holder_of_the_data_directory_is_refused_in_one_sentence(where):
    hold = places.Hold(where)

    with pytest.raises(Refused, match=r"^Concord already runs on .*\.$"):
        places.Hold(where)
    hold.release()


def test_the_secret_key_is_made_once_and_is_for_its_owner_only(where):
    key = places.secret_key(where)

    assert places.secret_key(where) == key
    assert len(key) >= 50
    assert mode(where.data / "secret-key") == 0o600


def test_a_path_too_long_for_a_socket_gets_a_short_one_elsewhere(where):
    deep = where.data / ("deep" * 25)
    run = places.prepare(deep).run

    assert len(str(run / places.LONGEST_SOCKET_NAME)) <= places.SOCKET_PATH_MAX
    assert run == places.prepare(deep).run
    run.rmdir()


def test_a_data_directory_that_is_a_file_is_refused(data):
    (data / "file").touch()

    with pytest.raises(Refused, match="cannot be used"):
        places.prepare(data / "file")


def test_the_default_is_named_by_the_environment_or_by_the_user(monkeypatch):
    monkeypatch.setenv("CONCORD_DATA", "/somewhere")
    assert places.default_data() == Path("/somewhere")

    monkeypatch.delenv("CONCORD_DATA")
    assert places.default_data().name == "concord"


def test_the_first_keys_keep_up_with_the_address(data):
    path = data / "first-keys.env"
    first_keys.keep(path, pairs=[("CONCORD_CLIENT_KEY", "cc_a=b")], url="http://127.0.0.1:1")

    first_keys.repoint(path, url="http://127.0.0.1:2")

    assert first_keys.read(path) == {
        "CONCORD_CLIENT_KEY": "cc_a=b",
        "CONCORD_URL": "http://127.0.0.1:2",
    }
    assert mode(path) == 0o600
