"""Every answered task has its consensus, and it is what a fit from scratch says."""

from django.db.models import Q

from chaos.audit.finding import Finding, Scene
from quality import ballots, judging, revisions, stopping
from quality.judging import Judged
from quality.revisions import Row
from tasks_app.models import Answer, Project, Task


def present(scene: Scene) -> Finding:
    """The latest rows are a function of the set of answers, whatever happened on the way."""
    project = Project.objects.get(pk=scene.project_id)
    answered = set(
        Answer.objects.filter(project=project, task__is_gold=False)
        .exclude(task__state=Task.State.WITHDRAWN)
        .values_list("task_id", flat=True)
    )
    rows = revisions.latest(Q(project=project, task__in=answered))
    told = {row.task_id for row in rows.values()}
    wrong = [f"task {task_id} has none" for task_id in sorted(answered - told)]
    judgement = judging.fit(project, ballots.read(project))
    tasks = Task.objects.in_bulk(sorted(answered & told))
    for task_id, task in tasks.items():
        for key, judged in judgement.tasks.get(task_id, {}).items():
            row = rows.get((task_id, task.item_id, key))
            if row is None or _differs(task, key, row, judged):
                wrong.append(f"task {task_id}, {key} is not what a new fit says")
    return Finding(f"{len(answered)} answered tasks, {len(wrong)} without or stale", wrong)


def _differs(task: Task, key: str, row: Row, judged: Judged) -> bool:
    state = stopping.row_state(task.state, judged)
    anew = revisions.of_judged(task.item_id, task.pk, key, state, judged)
    return revisions.differs(row, anew, exact=True)
