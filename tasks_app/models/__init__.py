"""The nouns of the workshop."""

from tasks_app.models.admission import Admission
from tasks_app.models.answer import Answer
from tasks_app.models.assignment import Assignment
from tasks_app.models.item import Batch, Item
from tasks_app.models.project import GuidelineVersion, Project
from tasks_app.models.queue import Bookmark, Front, Tally
from tasks_app.models.task import Task

__all__ = [
    "Admission",
    "Answer",
    "Assignment",
    "Batch",
    "Bookmark",
    "Front",
    "GuidelineVersion",
    "Item",
    "Project",
    "Tally",
    "Task",
]
