"""The checks, in the order they are shown."""

from chaos.audit import acknowledged, consensus, counted, events, leftovers
from chaos.audit.finding import Check, Finding, Scene


def _replies(scene: Scene) -> Finding:
    """Every reply was one that clients are promised: no other 5xx, no other shape."""
    strange = [f"{one['call']}: {one['status']} {one['said']}" for one in scene.story.strange]
    return Finding(f"{len(strange)} replies nobody was promised", strange)


CHECKS: dict[str, Check] = {
    "answers kept": acknowledged.kept,
    "acknowledged once": acknowledged.once,
    "within redundancy": counted.within_redundancy,
    "places counted": counted.places,
    "answers counted": counted.answers,
    "no stuck lease": counted.leases,
    "drained": leftovers.drained,
    "events arrived": events.arrived,
    "consensus present": consensus.present,
    "replies as promised": _replies,
}


def audited(scene: Scene) -> dict[str, Finding]:
    """What each check found."""
    return {name: check(scene) for name, check in CHECKS.items()}
