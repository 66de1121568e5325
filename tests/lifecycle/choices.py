"""What a history chooses among, each as often as it stands there."""

from hypothesis import strategies as st

LEASE_S = 100
WAYS = st.sampled_from(["plain", "plain", "plain", "keyed", "repeated", "changed"])
# Whom or which: taken modulo what there is, so that a history can be told without its rows.
WHICH = st.integers(0, 11)
LABELS = st.sampled_from(["owl", "owl", "wren", "other", "crow"])
COUNTS = st.integers(1, 5)
DEEDS = st.sampled_from(["submit"] * 4 + ["release", "skip", "extend"])
AMONG = st.sampled_from(
    [
        {"leased"},
        {"leased"},
        {"leased", "expired"},
        {"expired"},
        {"answered", "released", "skipped"},
    ]
)
SECONDS = st.sampled_from([0, 0, 1, LEASE_S - 1, LEASE_S, 3600])
CHANGES = st.sampled_from(
    [
        "items",
        "items",
        "gold",
        "answer",
        "look",
        "look",
        "redundancy",
        "pause",
        "open",
        "open",
        "open",
        "withdraw",
        "confirm",
        "dismiss",
    ]
)
