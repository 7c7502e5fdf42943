"""Files that people sent with their answers, fetched from where Kaizala keeps them (contract 15).

Their addresses come from outside: only hosts that the tenant's connectors allow are asked, and no redirect
is followed, so that nobody makes this machine read what is near it.
"""

import tempfile
import threading
import time
from collections.abc import Collection
from typing import IO
from urllib.parse import SplitResult

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.exceptions import HTTPError

from kaizala_admin.connectors.models import Connector, Tenant
from kaizala_admin.kaizala.errors import HostNotAllowed
from kaizala_admin.kaizala.hosts import AllowedHosts, split_url
from kaizala_admin.kaizala.transport import new_session

TIMEOUTS = (5, 30)  # seconds, to connect and between two bytes
LONGEST = 300.0  # seconds for one file
LARGEST = 200 << 20  # bytes of one file
IN_MEMORY = 1 << 20  # bytes; what is larger waits on the disk
TRIES = 2
POOL = 4  # connections that a thread keeps
# some addresses, and some of what happens below `requests`, come through it as they are
ODD = (requests.RequestException, HTTPError, TimeoutError, UnicodeError)
BLOCK = 1 << 16


class NotLoaded(Exception):
    """`str()` says why, for a person; without the address, which opens the file to anybody."""


class Loader:
    """Safe to use from several threads."""

    def __init__(self, hosts: Collection[AllowedHosts]) -> None:
        self._hosts, self._mine = list(hosts), threading.local()

    @classmethod
    def of(cls, tenant: Tenant) -> "Loader":
        rows = Connector.objects.filter(tenant=tenant).values_list("api_root", "allowed_hosts")
        more = settings.KAIZALA_ALLOWED_HOSTS
        return cls([AllowedHosts(root, (*more, *hosts.split())) for root, hosts in rows])

    def load(self, url: str) -> IO[bytes]:
        """The file, at its beginning. Raises NotLoaded."""
        self._check(url)
        for left in reversed(range(TRIES)):
            try:
                return self._read(url)
            except ODD as error:
                if not left:
                    raise NotLoaded(_("Its place did not answer.")) from error
        raise AssertionError("unreachable")

    def _check(self, url: str) -> None:
        parts = split_url(url)
        if parts is None or not any(_permits(one, parts) for one in self._hosts):
            where = parts.hostname if parts else "?"
            raise NotLoaded(_("It lies at %(host)s, which no connector allows.") % {"host": where})

    def _read(self, url: str) -> IO[bytes]:
        if not hasattr(self._mine, "session"):
            self._mine.session = new_session(pool_size=POOL)
        ends = time.monotonic() + LONGEST
        with self._mine.session.get(url, stream=True, timeout=TIMEOUTS, allow_redirects=False) as answer:
            if answer.status_code >= 500:
                raise requests.HTTPError(response=answer)
            if answer.status_code != 200:
                raise NotLoaded(_("Its place answered %(code)d.") % {"code": answer.status_code})
            file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the caller's
            try:
                for block in answer.iter_content(BLOCK):
                    file.write(block)
                    if file.tell() > LARGEST or time.monotonic() > ends:
                        raise NotLoaded(_("It is too large, or came too slowly."))
            except BaseException:
                file.close()
                raise
        file.seek(0)
        return file


def _permits(hosts: AllowedHosts, parts: SplitResult) -> bool:
    try:
        hosts.base(f"{parts.scheme}://{parts.netloc}")
    except HostNotAllowed:
        return False
    return True
