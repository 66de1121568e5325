"""The hot statements, one file each, runnable in psql."""

from importlib import resources

# What a migrate makes, each file after those it stands on.
CODE = (
    "tally",
    "stamp",
    "queue",
    "lease",
    "admits",
    "mark",
    "draw_gold",
    "claim_from",
    "claim",
    "examine",
    "prospect",
    "submit",
)
# Tables that are true as long as the code is there.
KEPT_BY_CODE = ("tasks_app_tally", "tasks_app_bookmark", "tasks_app_front")


def statement(name: str) -> str:
    """The text of sql/<name>.sql."""
    return (resources.files(__name__) / f"{name}.sql").read_text()
