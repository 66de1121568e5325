"""What workers see of tasks, read a thousand at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

from tasks_app import pointers, splitting
from tasks_app.models import Project, Task

# Payloads may be large: so many are held at once.
AT_ONCE = 1000
_PART = ("part_index", "part_of", "part_start", "part_end")


def payloads(project: Project, task_ids: Sequence[int]) -> Iterator[tuple[int, Any]]:
    """The id and the payload of each task that there is, the part that it asks about alone."""
    for first in range(0, len(task_ids), AT_ONCE):
        ids = task_ids[first : first + AT_ONCE]
        of_tasks = Task.objects.filter(project=project, pk__in=ids)
        for pk, payload, *part in of_tasks.values_list("pk", "item__payload", *_PART):
            yield pk, splitting.part_payload(project.split, payload, splitting.Part(*part))


def only(payload: Any, places: Sequence[str]) -> dict[str, Any] | None:
    """What lies at some pointers, still to be found there, and nothing else; None without it.

    Lists on the way become objects of positions.
    """
    kept: dict[str, Any] = {}
    for place in places:
        # What lies within another value comes with it.
        if any(place.startswith(f"{other}/") for other in places):
            continue
        *way, last = pointers.parts(place)
        inside = kept
        for step in way:
            inside = inside.setdefault(step, {})
        try:
            inside[last] = pointers.found(payload, place)
        except pointers.NothingThere:
            return None
    return kept
