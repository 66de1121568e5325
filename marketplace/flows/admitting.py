"""The grounds of admission are read together, and the decision is written, whenever one changes.

Whoever changes a ground calls `reconsider` in the same transaction. Decisions on a project come
one after the other, and each reads the grounds when its turn has come: of two changes the later
one sees both, also where a worker is met for the first time.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet

from marketplace.accounts.models import TenantWorker
from quality.grounds import facts, gates
from quality.grounds.decision import Decision, Grounds, decide
from quality.grounds.requirements import Facts, skills_in
from quality.models import Flag, Gate, Sitting
from tasks_app.models import Admission, GuidelineVersion, Project

# A change of a ground that many share is decided for so many at a time.
BLOCK = 1000


def reconsider(
    *, project: Project, now: datetime, worker_ids: Collection[int] | None = None
) -> None:
    """Decide anew about these workers, or about all that were decided about before."""
    hold(project)
    rows = Admission.objects.filter(project=project)
    if worker_ids is None:
        worker_ids = rows.order_by("worker_id").values_list("worker_id", flat=True)
    ids = sorted(worker_ids)
    for start in range(0, len(ids), BLOCK):
        block = ids[start : start + BLOCK]
        held = list(rows.filter(worker__in=block).order_by("worker_id"))
        _write(held, _decisions(project, held, now))


def strangers_to(*, projects: Iterable[Project], worker_id: int) -> list[Project]:
    """Those of the projects that are still to decide whether they admit the worker."""
    asking = [one for one in projects if one.access == Project.Access.QUALIFIED]
    if not asking:
        return []
    met = Admission.objects.filter(worker=worker_id, project__in=asking)
    known = set(met.values_list("project_id", flat=True))
    return [project for project in asking if project.pk not in known]


def examined_first(*, projects: Iterable[Project], worker_id: int) -> list[Project]:
    """Those of the projects that ask the worker for an entrance exam now."""
    rows = Admission.objects.filter(worker=worker_id, reason_code=Admission.Reason.EXAM)
    asking = set(rows.values_list("project_id", flat=True))
    return [project for project in projects if project.pk in asking]


@transaction.atomic
def meet(*, project: Project, worker_ids: Collection[int], now: datetime) -> None:
    """Decide about workers that the project has not met, too."""
    hold(project)
    Admission.objects.bulk_create(
        (
            # Refused until it is decided, in this transaction.
            Admission(
                worker_id=worker_id,
                project=project,
                may_claim=False,
                reason_code=Admission.Reason.NOT_ADMITTED,
            )
            for worker_id in sorted(worker_ids)
        ),
        ignore_conflicts=True,
    )
    reconsider(project=project, now=now, worker_ids=worker_ids)


def welcome(*, worker_id: int, projects: QuerySet[Project], now: datetime) -> None:
    """Admit a worker just invited to the tenant's projects; where more is asked, decide."""
    asking = set(
        projects.filter(Q(gate__isnull=False) | Q(guidelines__changes_answers=True)).values_list(
            "pk", flat=True
        )
    )
    Admission.objects.bulk_create(
        (
            Admission(worker_id=worker_id, project=project, may_claim=True)
            for project in projects.order_by("pk")
            if project.pk not in asking
        ),
        ignore_conflicts=True,
    )
    for project in projects.filter(pk__in=asking).order_by("pk"):
        meet(project=project, worker_ids=[worker_id], now=now)


def open_up(project: Project) -> None:
    """Let a project that is open to all admit unasked, or only who meets its grounds."""
    if project.access == Project.Access.INVITED:
        return
    asks = Gate.objects.filter(project=project).exists() or bool(to_confirm(project))
    access = Project.Access.QUALIFIED if asks else Project.Access.OPEN
    if project.access != access:
        project.access = access
        project.save(update_fields=["access"])


def asking_for(*, tenant_id: int | None, skills: Collection[str]) -> list[Project]:
    """The projects whose requirements ask for one of these skills; of all tenants for None."""
    wanted = set(skills)
    return [
        gate.project
        for gate in gates.with_requirements(tenant_id=tenant_id)
        if skills_in(gate.requirements) & wanted
    ]


def confirm(*, project: Project, worker_id: int, version: int) -> None:
    """Note that the worker confirmed guidelines; an older version is no step back."""
    Admission.objects.filter(project=project, worker_id=worker_id).filter(
        Q(guideline_version=None) | Q(guideline_version__lt=version)
    ).update(guideline_version=version)


def to_confirm(project: Project) -> int:
    """The newest guidelines that change answers; 0 for none."""
    newest = GuidelineVersion.objects.filter(project=project, changes_answers=True)
    version: int | None = newest.aggregate(newest=Max("version"))["newest"]
    return version or 0


def hold(project: Project) -> None:
    """One decision on a project after the other, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('admission'), %s)", [project.pk & 0x7FFFFFFF]
        )


def _decisions(project: Project, held: Sequence[Admission], now: datetime) -> list[Decision]:
    ids = [row.worker_id for row in held]
    gate = Gate.objects.filter(project=project).first()
    restricted = set(
        Flag.objects.restricting()
        .filter(project=project, worker__in=ids)
        .values_list("worker_id", flat=True)
    )
    known = {
        row.worker_id: row
        for row in TenantWorker.objects.filter(tenant_id=project.tenant_id, worker__in=ids)
    }
    about = _facts(project, gate, ids, known, now)
    last = _last_sittings(project, gate, ids)
    newest = to_confirm(project)
    return [
        decide(
            project,
            gate,
            Grounds(
                is_restricted=row.worker_id in restricted,
                is_invited=row.worker_id in known and known[row.worker_id].invited,
                facts=about[row.worker_id],
                sitting=last.get(row.worker_id),
                confirmed=row.guideline_version or 0,
                to_confirm=newest,
            ),
            now,
        )
        for row in held
    ]


def _facts(
    project: Project,
    gate: Gate | None,
    ids: list[int],
    known: dict[int, TenantWorker],
    now: datetime,
) -> dict[int, Facts]:
    if gate is None or gate.requirements is None:
        return dict.fromkeys(ids, Facts())
    asked = skills_in(gate.requirements)
    skills = [skill for skill in facts.usable(project.tenant_id) if skill.name in asked]
    named = facts.named(skills, ids, now)
    of_system = facts.of_system(project, ids)
    helps, untold = facts.helps(skills), facts.untold(skills)
    return {
        worker_id: Facts(
            skills=of_system[worker_id] | named.get(worker_id, {}),
            attributes=known[worker_id].attributes if worker_id in known else {},
            lists=frozenset(known[worker_id].lists if worker_id in known else ()),
            helps=helps,
            untold=untold,
        )
        for worker_id in ids
    }


def _last_sittings(project: Project, gate: Gate | None, ids: list[int]) -> dict[int, Sitting]:
    if gate is None or not (gate.exam or gate.training):
        return {}
    rows = Sitting.objects.filter(project=project, worker__in=ids).order_by("number")
    return {row.worker_id: row for row in rows}


def _write(held: Sequence[Admission], decisions: Sequence[Decision]) -> None:
    changed = []
    for row, decision in zip(held, decisions, strict=True):
        before = (row.may_claim, row.reason_code, row.detail, row.until)
        after = (
            decision.may_claim,
            decision.reason_code,
            decision.detail,
            decision.until,
        )
        if before != after:
            row.may_claim, row.reason_code, row.detail, row.until = after
            changed.append(row)
    Admission.objects.bulk_update(changed, ["may_claim", "reason_code", "detail", "until"])
