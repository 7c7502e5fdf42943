"""The parts of this floor and the one below, and the archive as a kind of export."""

from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.exports import kinds

from . import making
from .parts import register

KEY = "exports.archive"
PERMISSION = "exports.archive_tenant"


def register_all() -> None:
    """Once, at start-up; the apps above add their parts after us."""
    register(Tenant, "pk")
    register(Connector, "tenant")
    register(Grant, "connector__tenant")
    kinds.register(
        KEY, _("Archive of a tenant"), PERMISSION, count=making.count, write=making.write, formats=("zip",)
    )
