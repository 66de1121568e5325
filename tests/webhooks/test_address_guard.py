"""Which addresses are refused."""

import ipaddress

import pytest

from marketplace import outbound

REFUSED = [
    "http://hooks.example/",
    "https://hooks.example:22/",
    "https://hooks.example:80/",
    "https://hooks.example:0/",
    "https://hooks.example:65979/",
    "https://user@hooks.example/",
    "https://user:password@hooks.example/",
    "https://hooks.example@127.0.0.1/",
    "https://hooks.example\\@127.0.0.1/",
    "https://hooks.example#@127.0.0.1/",
    "https://hooks.example/a#b",
    "https://hooks.example/ a",
    "https://hooks.example/\r\nX: y",
    " https://hooks.example/",
    "https://hooks.example/\n",
    "https:///hooks.example/",
    "https:hooks.example",
    "//hooks.example/",
    "ftp://hooks.example/",
    "file:///etc/passwd",
    "gopher://hooks.example:443/",
    "javascript:alert(1)",
    "https://",
    "https://a..b/",
    "https://.example/",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://2130706433/",
    "http://2130706433/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://1.2.3.4.5/",
    "https://256.1.1.1/",
    "https://example.0x/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://127。0。0。1/",
    "https://ⓛocalhost/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://a.localhost/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.0.0.1/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://192.168.1.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::1]/",
    "https://[100::1]/",
    "https://[2001::1]/",
    "https://[2001:2::1]/",
    "https://[2001:10::1]/",
    "https://[2001:db8::1]/",
    "https://[2002:7f00:1::]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[::1/",
    "https://[1.2.3.4]/",
    "https://hooks.example/" + "a" * 2000,
]
ALLOWED = [
    "https://hooks.example",
    "https://hooks.example/a?b=c&d=@e",
    "https://hooks.example:8443/",
    "HTTPS://Hooks.Example.:443/",
    "https://xn--bcher-kva.example/",
    "https://8.8.8.8/",
    "https://[2606:4700::1111]/",
    "https://7seas.example/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_it_is_refused(url, settings):
    settings.WEBHOOK_ALLOW = []

    with pytest.raises(outbound.Refused):
        outbound.check_url(url)


@pytest.mark.parametrize("url", REFUSED)
def test_it_is_not_sent_to_either_even_by_a_resolver_that_lies(url, settings):
    settings.WEBHOOK_ALLOW = []

    with pytest.raises(outbound.Refused):
        outbound.post(
            url, body=b"", headers={}, resolver=lambda host: [ipaddress.ip_address("127.0.0.1")]
        )


@pytest.mark.parametrize("url", ALLOWED)
def test_it_is_allowed(url, settings):
    settings.WEBHOOK_ALLOW = []

    outbound.check_url(url)


def test_an_allowed_network_opens_itself_and_nothing_else(settings):
    settings.WEBHOOK_ALLOW = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("::1")]

    outbound.check_url("http://10.1.2.3:8080/hook")
    outbound.check_url("http://[::1]:8080/hook")
    # Whether a name leads there is seen when it is resolved.
    outbound.check_url("http://intranet:8080/hook")
    for url in ("http://10.2.0.1/", "https://127.0.0.1/", "http://8.8.8.8/", "http://localhost/"):
        with pytest.raises(outbound.Refused):
            outbound.check_url(url)


@pytest.mark.parametrize(
    "addresses",
    [["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"], ["fe80::1%2"]],
)
def test_every_address_of_a_name_must_be_public(addresses, settings):
    settings.WEBHOOK_ALLOW = []

    with pytest.raises(outbound.Refused):
        outbound.post(
            "https://hooks.example/",
            body=b"",
            headers={},
            resolver=lambda host: [ipaddress.ip_address(address) for address in addresses],
        )


def test_plain_http_to_a_public_address_is_refused_even_with_an_allowed_network(settings):
    settings.WEBHOOK_ALLOW = [ipaddress.ip_network("10.0.0.0/8")]

    with pytest.raises(outbound.Refused):
        outbound.post(
            "http://hooks.example/",
            body=b"",
            headers={},
            resolver=lambda host: [ipaddress.ip_address("8.8.8.8")],
        )
