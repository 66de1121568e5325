"""How a request goes out."""

import ipaddress
import socket
import ssl
import time

import pytest

from marketplace import outbound
from tests.webhooks.receiver import CERTIFICATE, Answer

LOOPBACK = ipaddress.ip_address("127.0.0.1")


def post(url, **more):
    return outbound.post(url, body=b"{}", headers={"X-A": "b"}, **more)


def trusting():
    return ssl.create_default_context(cafile=str(CERTIFICATE))


def test_the_body_and_the_headers_arrive(receiver):
    receiver.answers.append(Answer(202, {"Retry-After": "7"}, b"thanks"))

    reply = post(f"http://hooks.example:{receiver.port}/a?b=c", resolver=lambda host: [LOOPBACK])

    assert reply == outbound.Reply(202, b"thanks", "7")
    (heard,) = receiver.heard
    assert (heard.path, heard.body, heard.headers["x-a"]) == ("/a?b=c", b"{}", "b")
    assert heard.headers["host"] == f"hooks.example:{receiver.port}"


def test_a_name_is_resolved_once_and_the_checked_address_is_called(receiver, monkeypatch):
    answers = iter([[LOOPBACK], [ipaddress.ip_address("10.0.0.1")]])
    asked = []
    called = []

    def resolver(host):
        asked.append(host)
        return next(answers)

    connect = socket.create_connection
    monkeypatch.setattr(
        socket, "create_connection", lambda to, *rest: called.append(to) or connect(to, *rest)
    )

    post(f"http://hooks.example:{receiver.port}/", resolver=resolver)

    assert asked == ["hooks.example"]
    assert called == [("127.0.0.1", receiver.port)]


def test_a_public_answer_first_and_a_private_one_second_never_reaches_the_private(
    settings, monkeypatch
):
    settings.WEBHOOK_ALLOW = []
    answers = iter([[ipaddress.ip_address("8.8.8.8")], [LOOPBACK]])
    called = []

    def connect(to, timeout):
        called.append(to)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(outbound.Unreachable):
        post("https://hooks.example/", resolver=lambda host: next(answers))

    assert called == [("8.8.8.8", 443)]


def test_a_redirect_is_not_followed(receiver, other_receiver):
    receiver.answers.append(Answer(307, {"Location": other_receiver.url}))

    assert post(receiver.url).status == 307
    assert not other_receiver.heard


def test_a_proxy_of_the_environment_is_not_used(receiver, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")

    assert post(receiver.url).status == 204


def test_a_server_that_says_nothing_is_given_up(receiver, settings):
    receiver.answers.append(Answer(wait_s=3))
    settings.WEBHOOK_TIMEOUT_S = 0.3

    with pytest.raises(outbound.Unreachable, match="no whole response"):
        post(receiver.url)


def test_a_server_that_drips_is_given_up_in_time(receiver, settings):
    receiver.answers.append(Answer(200, body=b"." * 100, drip_s=0.1))
    settings.WEBHOOK_TIMEOUT_S = 0.4
    started = time.monotonic()

    with pytest.raises(outbound.Unreachable):
        post(receiver.url)

    assert time.monotonic() - started < 1


def test_of_a_long_response_the_beginning_is_read(receiver):
    receiver.answers.append(Answer(200, body=b"x" * 10_000_000))

    assert post(receiver.url).body == b"x" * outbound.MOST_RESPONSE_BYTES


def test_a_port_where_nobody_listens_is_unreachable(loopback_allowed):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]

    with pytest.raises(outbound.Unreachable, match="refused"):
        post(f"http://127.0.0.1:{port}/")


def test_what_is_no_http_is_unreachable(secure_receiver):
    with pytest.raises(outbound.Unreachable):
        post(f"http://127.0.0.1:{secure_receiver.port}/")


def test_a_name_that_does_not_resolve_is_unreachable():
    with pytest.raises(outbound.Unreachable, match="does not resolve"):
        outbound.resolve("a." * 130 + "invalid")


def test_over_tls_the_name_is_asked_for_and_the_certificate_checked(secure_receiver):
    url = f"https://hooks.example:{secure_receiver.port}/"

    assert post(url, resolver=lambda host: [LOOPBACK], tls=trusting()).status == 204
    assert secure_receiver.names == ["hooks.example"]


def test_a_certificate_of_another_name_is_refused(secure_receiver):
    url = f"https://other.example:{secure_receiver.port}/"

    with pytest.raises(outbound.Unreachable, match="certificate"):
        post(url, resolver=lambda host: [LOOPBACK], tls=trusting())


def test_a_certificate_that_nobody_vouches_for_is_refused(secure_receiver):
    url = f"https://hooks.example:{secure_receiver.port}/"

    with pytest.raises(outbound.Unreachable, match="certificate"):
        post(url, resolver=lambda host: [LOOPBACK])

    assert not secure_receiver.heard


def test_the_next_address_is_tried_when_the_first_takes_no_connection(receiver):
    dead = ipaddress.ip_address("127.0.0.2")

    reply = post(f"http://hooks.example:{receiver.port}/", resolver=lambda host: [dead, LOOPBACK])

    assert reply.status == 204
