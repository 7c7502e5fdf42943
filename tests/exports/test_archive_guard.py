"""Every model of the product is in an archive, or stands here with the reason why not."""

from __future__ import annotations

from django.apps import apps
from django.db import models

from kaizala_admin.exports.archive import parts

OURS = ("kaizala_admin", "groups", "messaging", "surveys")
NOT_ARCHIVED = {
    "connectors.bucket": "The limiter's state of this second.",
    "connectors.lease": "Of running processes.",
    "connectors.heartbeat": "Of running processes.",
    "connectors.instance": "Which console this database serves: another one after a restore.",
    "connectors.apicall": "A log for finding faults, kept for days.",
    "exports.export": "Files made from the tables, kept for days; the archive is one of them.",
    "groups.tenanttotal": "Sums of the daily totals, added up again by a restore.",
    "groups.syncpage": "Of a sync under way, which begins anew.",
    "messaging.profile": "Of an account.",
    "surveys.digest": "Nothing without the accounts that get it.",
    "surveys.digest_people": "Names accounts.",
    "surveys.feed": "An address that opens answers: a secret, and of an account.",
    "ui.role": "Accounts and what they may are not part of a tenant.",
}


def ours() -> list[type[models.Model]]:
    """Of our apps, tables between models too."""
    found = [config for config in apps.get_app_configs() if config.name.split(".")[0] in OURS]
    return [model for config in found for model in config.get_models(include_auto_created=True)]


def test_every_model_is_archived_or_left_out_for_a_reason() -> None:
    names = {model._meta.label_lower for model in ours()}
    archived = {part.name for part in parts.every()}
    assert (names - archived - NOT_ARCHIVED.keys(), archived & NOT_ARCHIVED.keys()) == (set(), set())
    assert (NOT_ARCHIVED.keys() - names, archived - names) == (set(), set())
