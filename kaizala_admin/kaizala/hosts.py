"""Which hosts may receive a token or a secret (contract 1.2 and 1.3)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from .errors import HostNotAllowed, InvalidInput

DEFAULT_ALLOWED_HOSTS = ("*.kaiza.la", "*.osi.office.net")

_PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_VERSION = re.compile(r"/v1(?:/.*)?$", re.IGNORECASE | re.DOTALL)


def is_loopback(host: str) -> bool:
    """127.0.0.0/8, ::1 and localhost, written in the usual way."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_plain_host(host: str) -> bool:
    if ":" not in host:
        return _NAME.fullmatch(host) is not None
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def split_url(url: str) -> SplitResult | None:
    """The parts of an address that two parsers cannot read in two ways; None for any other."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        return None
    safe = not re.search(r"[\s\\\x00-\x1f]", url) and parts.username is None and parts.password is None
    known = parts.scheme in _PORTS and parts.hostname is not None and _is_plain_host(parts.hostname)
    return parts if safe and known else None


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]


@dataclass(frozen=True)
class _Rule:
    """One allowed host. Without a port the scheme's own is meant; without a scheme, https."""

    host: str
    port: int | None
    scheme: str

    @classmethod
    def read(cls, text: str) -> _Rule:
        scheme, found, rest = text.strip().lower().rpartition("://")
        parts = urlsplit(f"//{rest}")
        return cls(parts.hostname or "", parts.port, scheme if found else "")

    def permits(self, scheme: str, host: str, port: int) -> bool:
        return self._names(host) and self._speaks(scheme, host) and port == (self.port or _PORTS[scheme])

    def _names(self, host: str) -> bool:
        return host.endswith(self.host[1:]) if self.host.startswith("*.") else host == self.host

    def _speaks(self, scheme: str, host: str) -> bool:
        if self.scheme:
            return scheme == self.scheme and not (scheme == "http" and "*" in self.host)
        return scheme == "https" or is_loopback(host)


class AllowedHosts:
    """The api root's own host and port, and the hosts named by the connector; everything else is refused.

    Over https only, except for loopback hosts and hosts named with their scheme ("http://host:port").
    """

    def __init__(self, api_root: str, allowed: Collection[str] = DEFAULT_ALLOWED_HOSTS) -> None:
        self._rules = tuple(_Rule.read(item) for item in allowed)
        self._known: set[str] = set()
        self.api_root = self._read_root(api_root)

    def _read_root(self, api_root: str) -> str:
        parts = split_url(api_root.strip()) if isinstance(api_root, str) else None
        if parts is None:
            raise InvalidInput("Give a whole web address, like https://api.kaiza.la.", field="api_root")
        scheme, host, port = self._home = _origin(parts)
        if scheme != "https" and not is_loopback(host) and not self._permits(scheme, host, port):
            raise InvalidInput("Use https: tokens must not travel in the open.", field="api_root")
        return self.base(api_root.strip())

    def _permits(self, scheme: str, host: str, port: int) -> bool:
        return any(rule.permits(scheme, host, port) for rule in self._rules)

    def base(self, url: str) -> str:
        """The part of an address before `/v1`, without a slash at its end.

        Raises HostNotAllowed before anything is sent there.
        """
        if url in self._known:
            return url
        parts = split_url(url)
        if parts is None or not self._is_allowed(parts):
            host = parts.netloc if parts else "an address that cannot be read"
            raise HostNotAllowed(
                f"Kaizala named another host, {host}, which this connector does not allow. "
                "Allow it in the connector's settings if you trust it.",
                host=parts.netloc if parts else "",
            )
        base = f"{parts.scheme}://{parts.netloc.lower()}{_VERSION.sub('', parts.path).rstrip('/')}"
        self._known.add(base)
        return base

    def _is_allowed(self, parts: SplitResult) -> bool:
        origin = _origin(parts)
        return origin == self._home or self._permits(*origin)
