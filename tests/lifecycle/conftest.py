"""What fails here says what was compared, although it is asserted outside of the tests."""

import pytest

pytest.register_assert_rewrite(
    "tests.lifecycle.audit",
    "tests.lifecycle.doors",
    "tests.lifecycle.machine",
    "tests.lifecycle.model",
)
