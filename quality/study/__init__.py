"""The study of a project's workers: figures, typed suspicions, what skills stand on."""

from quality.study.running import Outcome, due, mark, oldest, run

__all__ = ["Outcome", "due", "mark", "oldest", "run"]
