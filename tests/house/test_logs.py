import json
import logging

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from prometheus_client.parser import text_string_to_metric_families

from marketplace import logs, metrics


@pytest.fixture
def lines(capsys):
    logs.configure(debug=False, level="INFO")
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def answer(**headers):
    view = logs.RequestLog(lambda request: HttpResponse(request.request_id))
    return view(RequestFactory().get("/birds/?key=secret", headers=headers))


def test_what_is_not_on_the_list_is_dropped(lines):
    extra = {"task_id": 7, "n_tasks": 3, "payload": {"a": 1}, "user_id": "two words", "fit_ms": "x"}
    logging.getLogger("concord").info("task.closed", extra=extra)

    (line,) = lines()

    assert line.pop("at")
    assert line == {
        "event": "task.closed",
        "logger": "concord",
        "level": "info",
        "task_id": 7,
        "n_tasks": 3,
    }


def test_an_error_shows_where_and_not_what(lines):
    try:
        raise ValueError("duplicate key\nDETAIL: Failing row contains (secret)")
    except ValueError:
        logging.getLogger("concord").exception("claim.failed")

    (line,) = lines()

    assert line["exception"].endswith("builtins.ValueError: duplicate key")
    assert "test_logs.py" in line["exception"]


def test_a_request_leaves_one_line_without_its_query(lines):
    response = answer(X_Request_ID="from-outside_1")

    (line,) = lines()

    assert response.headers["X-Request-ID"] == "from-outside_1" == response.content.decode()
    assert (line["event"], line["method"], line["path"]) == ("request", "GET", "/birds/")
    assert (line["status"], line["request_id"]) == (200, "from-outside_1")


@pytest.mark.parametrize("offered", ["", "x" * 65, "two words", 'a"b', "new\nline"])
def test_a_request_id_that_could_harm_is_replaced(lines, offered):
    response = answer(**({"X_Request_ID": offered} if offered else {}))

    assert len(response.headers["X-Request-ID"]) == 32


def test_a_scrape_holds_the_counters_and_the_measured_gauges():
    metrics.count_request(method="BREW", route="work/<int:id>", status=200, seconds=0.1)

    text, kind = metrics.exposition({"concord_queue_depth": 3.0})
    families = {family.name: family for family in text_string_to_metric_families(text.decode())}

    assert kind.startswith("text/plain")
    assert families["concord_queue_depth"].samples[0].value == 3
    assert "OTHER" in {s.labels["method"] for s in families["concord_requests"].samples}
