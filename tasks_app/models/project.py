"""What a tenant wants done, and the guidelines it is done by."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Project(models.Model):
    """One kind of question asked about many items."""

    class State(models.TextChoices):
        DRAFT = "draft"
        OPEN = "open"
        PAUSED = "paused"
        CLOSED = "closed"

    class Access(models.TextChoices):
        INVITED = "invited"
        OPEN = "open"
        # Open to everybody who meets its grounds; clients read "open".
        QUALIFIED = "qualified"

    class Route(models.TextChoices):
        UNCERTAIN_FIRST = "uncertain_first"
        NONE = "none"

    tenant = models.ForeignKey(settings.TENANT_MODEL, models.CASCADE, related_name="projects")
    slug = models.CharField(max_length=63)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    access = models.CharField(max_length=9, choices=Access.choices, default=Access.INVITED)
    item_schema = models.JSONField(null=True)
    form = models.JSONField()
    split = models.JSONField()
    guideline_version = models.PositiveIntegerField(default=1)
    min_answers = models.PositiveSmallIntegerField(default=3)
    max_answers = models.PositiveSmallIntegerField(default=7)
    target_confidence = models.FloatField(default=0.95)
    reliability_floor = models.FloatField()
    gold_rate = models.FloatField(default=0)
    # Whether whoever misses gold is told so; that gold is spent then.
    gold_feedback = models.BooleanField(default=False, db_default=False)
    show_predictions = models.BooleanField(default=False)
    route = models.CharField(max_length=15, choices=Route.choices, default=Route.UNCERTAIN_FIRST)
    lease_s = models.PositiveIntegerField(default=600)
    claim_limit = models.PositiveSmallIntegerField(default=20)
    priority = models.IntegerField(default=0)
    reward_micros = models.BigIntegerField(default=0)
    reward_currency = models.CharField(max_length=3, default="USD")
    budget_micros = models.BigIntegerField(null=True)
    budget_currency = models.CharField(max_length=3, default="USD")
    retraining = models.JSONField(null=True)
    created_at = models.DateTimeField()
    # Bookmarks of an earlier epoch are void: so many tasks came, or changed places, at once.
    queue_epoch = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="project_slug_unique"),
            models.CheckConstraint(
                condition=Q(min_answers__gte=1) & Q(min_answers__lte=F("max_answers")),
                name="project_min_within_max",
            ),
            models.CheckConstraint(
                condition=Q(gold_rate__gte=0) & Q(gold_rate__lte=1),
                name="project_gold_rate_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(reward_micros__gte=0), name="project_reward_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class GuidelineVersion(models.Model):
    """The guidelines as they stood while a version was in force."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="guidelines", db_index=False)
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    # Workers confirm that they have read these before they go on.
    changes_answers = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="guideline_version_unique")
        ]

    def __str__(self) -> str:
        return f"{self.project_id} guidelines {self.version}"
