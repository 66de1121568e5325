"""What an upgrade does to what is there."""

from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from quality import due, settling
from quality.models import FieldModel, Settling, WorkerModel
from tests.factories import NOON, a_project, some_items
from tests.quality.crowds import a_crowd

pytestmark = pytest.mark.django_db

FORGET = import_module("quality.migrations.0003_forget_models_of_the_first_aggregator").forget


def test_models_of_the_first_aggregator_are_forgotten_and_every_project_fits_anew(tenant):
    project = a_project(tenant)
    a_crowd(project, some_items(project, 3))
    settling.settle(project=project, now=NOON)
    FieldModel.objects.update(parameters=[0.5, 0.5])
    WorkerModel.objects.update(parameters=[0.7, 0.3])
    Settling.objects.update(refit_at=None)

    FORGET(apps, None)

    assert not FieldModel.objects.exists()
    assert not WorkerModel.objects.exists()
    assert due.projects_due(now=timezone.now()) == [project.pk]
    assert settling.settle(project=project, now=timezone.now()).n_fitted == 24
