"""Which hosts may receive a token."""

from __future__ import annotations

import pytest

from kaizala_admin.kaizala import DEFAULT_ALLOWED_HOSTS, HostNotAllowed, InvalidInput
from kaizala_admin.kaizala.hosts import AllowedHosts

ROOT = "https://api.kaiza.la"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://kms-alpha.kaiza.la/", "https://kms-alpha.kaiza.la"),
        (
            "https://inc-000.KaizalaMessaging.osi.office.net",
            "https://inc-000.kaizalamessaging.osi.office.net",
        ),
        ("https://kms.kaiza.la:443/v1/groups/g@1/messages?x=1", "https://kms.kaiza.la:443"),
        ("https://kms.kaiza.la/v1", "https://kms.kaiza.la"),
        ("https://kms.kaiza.la/prefix/V1/groups", "https://kms.kaiza.la/prefix"),
        ("https://api.kaiza.la", "https://api.kaiza.la"),
    ],
)
def test_kaizalas_own_hosts_are_allowed(url: str, base: str) -> None:
    assert AllowedHosts(ROOT, DEFAULT_ALLOWED_HOSTS).base(url) == base


@pytest.mark.parametrize(
    "url",
    [
        "http://kms.kaiza.la/",
        "https://kms.kaiza.la:8443/",
        "https://kaiza.la.evil.example/",
        "https://evilkaiza.la/",
        "https://kaiza.la/",
        "https://user@kms.kaiza.la/",
        "https://kms.kaiza.la\\@evil.example/",
        "https://evil.example#.kaiza.la/",
        "https://kms.kaiza.la%2eevil.example/",
        "https://127.0.0.1/",
        "http://127.0.0.1:6379/",
        "http://169.254.169.254/",
        "ftp://kms.kaiza.la/",
        "//kms.kaiza.la/",
        "https://",
        "https://kms.kaiza.la:99999/",
        "https://[::1",
        " https://kms.kaiza.la/",
        "https://kms.kaiza.la\r\nX: y/",
        "",
    ],
)
def test_every_other_place_is_refused(url: str) -> None:
    with pytest.raises(HostNotAllowed):
        AllowedHosts(ROOT, DEFAULT_ALLOWED_HOSTS).base(url)


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("http://standin.example:8080", "http://standin.example:8080/"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("127.0.0.1:8080", "https://127.0.0.1:8080"),
        ("localhost", "http://localhost/"),
        ("[::1]:8080", "http://[::1]:8080/"),
        ("standin.example", "https://STANDIN.example"),
        ("standin.example:8443", "https://standin.example:8443"),
    ],
)
def test_a_host_that_the_connector_names_is_allowed(allowed: str, url: str) -> None:
    assert AllowedHosts(ROOT, [allowed]).base(url) == url.lower().rstrip("/")


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("standin.example", "http://standin.example/"),
        ("http://standin.example:8080", "https://standin.example:8080/"),
        ("http://standin.example:8080", "http://standin.example:8081/"),
        ("http://*.example", "http://standin.example/"),
        ("127.0.0.1:8080", "http://127.0.0.1:8081"),
        ("", "https://standin.example/"),
        ("*", "https://standin.example/"),
    ],
)
def test_a_host_is_allowed_as_it_is_named_only(allowed: str, url: str) -> None:
    with pytest.raises(HostNotAllowed):
        AllowedHosts(ROOT, [allowed]).base(url)


def test_the_roots_own_host_is_always_allowed() -> None:
    hosts = AllowedHosts("http://127.0.0.1:4000/", [])
    assert (hosts.api_root, hosts.base("http://127.0.0.1:4000/x/")) == (
        "http://127.0.0.1:4000",
        "http://127.0.0.1:4000/x",
    )
    with pytest.raises(HostNotAllowed):
        hosts.base("http://127.0.0.1:4001/")


@pytest.mark.parametrize(
    "root", ["", "api.kaiza.la", "http://api.kaiza.la", "ftp://api.kaiza.la", "https://"]
)
def test_a_root_without_https_is_an_invalid_input(root: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        AllowedHosts(root)
    assert caught.value.field == "api_root"


def test_a_root_that_is_named_with_http_may_use_it() -> None:
    assert AllowedHosts("http://standin.example:8080", ["http://standin.example:8080"]).api_root == (
        "http://standin.example:8080"
    )
