"""The log of deliveries has a part for each month: made ahead, dropped when old."""

from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.expressions import RawSQL

from marketplace.flows import telling
from marketplace.webhooks import months
from marketplace.webhooks.models import Attempt, Delivery, Endpoint

pytestmark = pytest.mark.django_db

MAY, JUNE = datetime(2031, 5, 20, tzinfo=UTC), datetime(2031, 6, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_made(monkeypatch):
    monkeypatch.setattr(months, "_made_for", set())


@pytest.fixture
def told(tenant):
    endpoint = Endpoint.objects.create(
        tenant=tenant, url="https://example.com/", events=["ping"], secret="s", created_at=MAY
    )

    def made(at, state="delivered"):
        delivery = Delivery.objects.create(
            endpoint=endpoint, type="ping", body="{}", state=state, due_at=at, created_at=at
        )
        Attempt.objects.create(delivery=delivery, at=at, took_ms=1)
        return delivery

    return made


def part_of(model, row):
    where = RawSQL("tableoid::regclass::text", [])
    return model.objects.annotate(part=where).values_list("part", flat=True).get(pk=row.pk)


def test_a_row_lies_in_the_part_of_its_month(told):
    telling.prepare(now=MAY)

    in_may, in_june = told(MAY), told(JUNE)

    assert part_of(Delivery, in_may) == "webhooks_delivery_2031_05"
    assert part_of(Delivery, in_june) == "webhooks_delivery_2031_06"
    assert part_of(Attempt, in_june.log.get()) == "webhooks_attempt_2031_06"


def test_what_came_before_its_month_had_a_part_moves_there(told):
    early = told(MAY)
    assert part_of(Delivery, early) == "webhooks_delivery_default"

    telling.prepare(now=MAY)

    assert part_of(Delivery, early) == "webhooks_delivery_2031_05"


def test_making_a_month_again_changes_nothing(told):
    telling.prepare(now=MAY)
    delivery = told(MAY)
    months._made_for.clear()

    telling.prepare(now=MAY)

    assert Delivery.objects.get(pk=delivery.pk).created_at == MAY


def test_old_months_are_dropped_whole_and_the_others_stay(told):
    for now in (MAY, JUNE):
        telling.prepare(now=now)
    told(MAY)
    kept = told(JUNE)
    # As at a commit: foreign keys are looked at before a table may go.
    connection.check_constraints()

    gone = telling.forget(months=0, now=JUNE)

    assert "webhooks_delivery_2031_05" in gone
    assert "webhooks_attempt_2031_05" in gone
    assert [row.pk for row in Delivery.objects.filter(created_at__gte=MAY)] == [kept.pk]


def test_rows_without_a_month_are_dropped_by_their_age(told):
    told(MAY)

    months.drop_before(date(2031, 6, 1))

    assert not Delivery.objects.exists()
    assert not Attempt.objects.exists()


def test_what_is_yet_to_be_delivered_is_never_dropped(told):
    waiting = told(datetime(2020, 1, 1, tzinfo=UTC), state="pending")

    with pytest.raises(CommandError, match="yet to be"):
        call_command("prune", months=6)

    assert Delivery.objects.filter(pk=waiting.pk).exists()


def test_the_command_says_what_went(told, capsys):
    told(datetime(2020, 1, 1, tzinfo=UTC))

    call_command("prune", months=6)

    assert "Dropped" in capsys.readouterr().out
