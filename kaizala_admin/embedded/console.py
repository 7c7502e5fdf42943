"""Sets the console up in this process: Django, tables, static files, the administrator."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from . import keys
from .terminal import CannotStart

USER = "admin"


def wake() -> None:
    """Loads Django. The environment must be complete by now."""
    import django

    django.setup()


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def collect_static(stamp: Path) -> None:
    """Gathers and hashes the static files, when any of them changed since the last time."""
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            digest.update(f"{path} {storage.get_modified_time(path)}\n".encode())
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(digest.hexdigest())


def make_administrator() -> str | None:
    """The password of the new administrator; None when there is one already."""
    from django.contrib.auth.models import User

    if User.objects.filter(is_superuser=True).exists():
        return None
    password = keys.password()
    User.objects.create_superuser(USER, "", password)
    return password


def reset_password() -> tuple[str, str]:
    """A new password for the first administrator, whose sign-in lock is lifted. Returns user and password."""
    from axes.utils import reset
    from django.contrib.auth.models import User
    from django.db import DatabaseError

    try:
        user = User.objects.filter(is_superuser=True).order_by("pk").first()
    except DatabaseError:
        user = None
    if user is None:
        raise CannotStart("There is no administrator yet. Start the console first: bin/run")
    password = keys.password()
    user.set_password(password)
    user.is_active = True
    user.save()
    reset(username=user.get_username())
    return user.get_username(), password


def silent(seconds: float) -> set[str]:
    """The signs of life not shown within the last `seconds`, of those that ever were.

    A database that is away accuses nobody.
    """
    from django.db import DatabaseError, connections

    from kaizala_admin.connectors import heartbeats

    try:
        return {row.name for row in heartbeats.silent(seconds)}
    except DatabaseError:
        return set()
    finally:
        connections.close_all()


@dataclass(frozen=True)
class SandboxState:
    """What the sandbox's control plane tells of itself."""

    tenant: str
    application_id: str
    application_secret: str
    refresh_token: str
    people: int
    public_groups: list[dict[str, Any]]
    groups: list[dict[str, Any]]


def sandbox_state(root: str) -> SandboxState:
    """Asks the sandbox for its organisation and our credentials there."""
    with requests.Session() as session:
        session.trust_env = False
        state = session.get(f"{root}/sandbox/state", timeout=30).json()
    connector = state["connectors"][0]
    tokens = {token["kind"]: token["refreshToken"] for token in connector["refreshTokens"]}
    return SandboxState(
        tenant=next(t["name"] for t in state["tenants"] if t["tenantId"] == connector["tenantId"]),
        application_id=connector["applicationId"],
        application_secret=connector["applicationSecret"],
        refresh_token=tokens["tenant"],
        people=state["counts"]["people"],
        public_groups=state["publicGroups"],
        groups=state["groups"],
    )
