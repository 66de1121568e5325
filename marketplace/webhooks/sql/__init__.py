"""The statements of the log of deliveries, one file each, runnable in psql."""

from importlib import resources

# What a migrate makes, each file after those it stands on.
CODE = ("months",)
# Tables that are true as long as the code is there.
KEPT_BY_CODE: tuple[str, ...] = ()


def statement(name: str) -> str:
    """The text of sql/<name>.sql."""
    return (resources.files(__name__) / f"{name}.sql").read_text()
