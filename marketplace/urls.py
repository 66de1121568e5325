"""Every door."""

from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter
from drf_spectacular.views import SpectacularAPIView

from marketplace.api import (
    answers,
    consensus,
    gold,
    items,
    people,
    predictions,
    projects,
    quality,
    retraining,
    service,
    skills,
    webhooks,
    work,
    workers,
    workforce,
)


class ExternalId(StringConverter):
    """An item's external id: anything but a slash or a control character."""

    regex = "[^/\x00-\x1f\x7f-\x9f]{1,200}"


class Pseudonym(StringConverter):
    """A worker as a tenant knows them."""

    regex = "w_[0-9a-f]{1,30}"


register_converter(ExternalId, "external")
register_converter(Pseudonym, "pseudonym")

# Routes are tried in order: those that every answer takes come first.
_PROJECT: list[URLPattern | URLResolver] = [
    path("claim/", work.ClaimDoor.as_view(), name="claim"),
    path("", projects.ProjectDoor.as_view(), name="project"),
    path("open/", projects.OpenDoor.as_view(), name="project-open"),
    path("pause/", projects.PauseDoor.as_view(), name="project-pause"),
    path("close/", projects.CloseDoor.as_view(), name="project-close"),
    path("guidelines/", projects.GuidelinesDoor.as_view(), name="guidelines"),
    path(
        "guidelines/confirm/",
        projects.ConfirmGuidelinesDoor.as_view(),
        name="guidelines-confirm",
    ),
    path("items/", items.ItemsDoor.as_view(), name="items"),
    path("items/<external:external_id>/", items.ItemDoor.as_view(), name="item"),
    path("items/<external:external_id>/withdraw/", items.WithdrawDoor.as_view(), name="withdraw"),
    path("answers/", answers.AnswersDoor.as_view(), name="answers"),
    path("predictions/", predictions.PredictionsDoor.as_view(), name="predictions"),
    path("models/", predictions.ModelsDoor.as_view(), name="models"),
    path("consensus/", consensus.ConsensusDoor.as_view(), name="consensus"),
    path("changes/", consensus.ChangesDoor.as_view(), name="changes"),
    path("agreement/", quality.AgreementDoor.as_view(), name="agreement"),
    path("reviews/", workforce.ReviewsDoor.as_view(), name="reviews"),
    path("workers/", workers.ProjectWorkersDoor.as_view(), name="project-workers"),
    path("workers/agreement/", workers.WorkerPairsDoor.as_view(), name="worker-pairs"),
    path(
        "workers/<pseudonym:pseudonym>/",
        workers.ProjectWorkerDoor.as_view(),
        name="project-worker",
    ),
    path("flags/", quality.FlagsDoor.as_view(), name="flags"),
    path("gold/", gold.GoldDoor.as_view(), name="gold"),
    path("gold/summary/", gold.GoldSummaryDoor.as_view(), name="gold-summary"),
    path("gold/candidates/", gold.CandidatesDoor.as_view(), name="gold-candidates"),
    path("gold/promote/", gold.PromoteDoor.as_view(), name="gold-promote"),
    path("gold/<external:external_id>/retire/", gold.RetireDoor.as_view(), name="gold-retire"),
    path("gold/<external:external_id>/restore/", gold.RestoreDoor.as_view(), name="gold-restore"),
    path("tasks/", quality.TasksDoor.as_view(), name="tasks"),
    path("retraining/", retraining.RetrainingDoor.as_view(), name="retraining"),
]

_API: list[URLPattern | URLResolver] = [
    path("projects/<slug:slug>/", include(_PROJECT)),
    path("claim/", work.ClaimAnywhereDoor.as_view(), name="claim-anywhere"),
    path("assignments/<uuid:id>/submit/", work.SubmitDoor.as_view(), name="submit"),
    path("tenants/", people.TenantsDoor.as_view(), name="tenants"),
    path("workers/", people.WorkersDoor.as_view(), name="workers"),
    path("workers/<uuid:id>/keys/", people.WorkerKeysDoor.as_view(), name="worker-keys"),
    path("workers/<pseudonym:pseudonym>/", workforce.KnownWorkerDoor.as_view(), name="worker"),
    path("lists/<slug:name>/", workforce.ListDoor.as_view(), name="list"),
    path("lists/<slug:name>/add/", workforce.ListAddDoor.as_view(), name="list-add"),
    path("lists/<slug:name>/remove/", workforce.ListRemoveDoor.as_view(), name="list-remove"),
    path("skills/", skills.SkillsDoor.as_view(), name="skills"),
    path("skills/<slug:name>/", skills.SkillDoor.as_view(), name="skill"),
    path("skills/<slug:name>/values/", skills.SkillValuesDoor.as_view(), name="skill-values"),
    path("keys/", people.KeysDoor.as_view(), name="keys"),
    path("keys/<uuid:id>/", people.KeyDoor.as_view(), name="key"),
    path("projects/", projects.ProjectsDoor.as_view(), name="projects"),
    path("work/", work.WorkDoor.as_view(), name="work"),
    path("assignments/<uuid:id>/release/", work.ReleaseDoor.as_view(), name="release"),
    path("assignments/<uuid:id>/skip/", work.SkipDoor.as_view(), name="skip"),
    path("assignments/<uuid:id>/extend/", work.ExtendDoor.as_view(), name="extend"),
    path("me/", work.MeDoor.as_view(), name="me"),
    path("me/assignments/", work.MyAssignmentsDoor.as_view(), name="my-assignments"),
    path("me/skills/", skills.MySkillsDoor.as_view(), name="my-skills"),
    path("me/restrictions/", work.MyRestrictionsDoor.as_view(), name="my-restrictions"),
    path("flags/<uuid:id>/confirm/", quality.ConfirmDoor.as_view(), name="flag-confirm"),
    path("flags/<uuid:id>/dismiss/", quality.DismissDoor.as_view(), name="flag-dismiss"),
    path("snapshots/<uuid:id>/", retraining.SnapshotDoor.as_view(), name="snapshot"),
    path("webhooks/", webhooks.WebhooksDoor.as_view(), name="webhooks"),
    path("webhooks/<uuid:id>/", webhooks.WebhookDoor.as_view(), name="webhook"),
    path("webhooks/<uuid:id>/ping/", webhooks.PingDoor.as_view(), name="webhook-ping"),
    path("webhooks/<uuid:id>/rotate/", webhooks.RotateDoor.as_view(), name="webhook-rotate"),
    path("webhooks/<uuid:id>/enable/", webhooks.EnableDoor.as_view(), name="webhook-enable"),
    path("webhooks/<uuid:id>/deliveries/", webhooks.DeliveriesDoor.as_view(), name="deliveries"),
    path("deliveries/<uuid:id>/redeliver/", webhooks.RedeliverDoor.as_view(), name="redeliver"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", service.docs, name="docs"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(_API)),
    path("healthz", service.healthz, name="healthz"),
    path("readyz", service.readyz, name="readyz"),
    path("metrics", service.exposition, name="metrics"),
]

handler400 = "marketplace.api.errors.bad_request"
handler404 = "marketplace.api.errors.not_found"
handler500 = "marketplace.api.errors.server_error"
