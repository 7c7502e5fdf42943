"""Saved audiences, and the list of whom nobody may write to."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kaizala_admin.connectors.models import Tenant
from messaging import trail
from messaging.audience import Rules
from messaging.models import DoNotContact, SavedAudience

BATCH = 500
T = TypeVar("T")


class NameTaken(Exception):
    """Another one of the tenant has this name."""


def save_named(row: Any, by: Any, *, before: str, taken: str) -> None:
    """Saves and notes a row; it is new without `before`, its former name. Raises NameTaken with `taken`."""
    try:
        with transaction.atomic():
            row.save()
            what, action = ("change", trail.CHANGED) if before else ("write", trail.NEW)
            trail.note(row, by, what, before, row.name, action=action)
    except IntegrityError:
        raise NameTaken(taken) from None


def save_audience(
    *,
    tenant: Tenant,
    name: str,
    rules: Rules,
    by: AbstractBaseUser | None,
    saved: SavedAudience | None = None,
) -> SavedAudience:
    """Makes a saved audience, or changes `saved`: drafts that use it mean the new one. Raises NameTaken."""
    row = saved or SavedAudience(created_by=by)  # type: ignore[misc]
    before = row.name
    row.tenant, row.name, row.rules, row.changed_at = tenant, name.strip(), rules.as_json(), timezone.now()
    taken = _("Another saved audience has this name already. Choose another one.")
    save_named(row, by, before=before, taken=taken)
    return row


def bar(*, tenant: Tenant, numbers: Sequence[str], reason: str, by: AbstractBaseUser | None) -> int:
    """Puts numbers (E.164) on the do-not-contact list. Returns how many are new; others stay as they are."""
    before = DoNotContact.objects.filter(tenant=tenant).count()
    now = timezone.now()
    with transaction.atomic():
        for some in _chunks(dict.fromkeys(numbers)):
            DoNotContact.objects.bulk_create(
                (
                    DoNotContact(
                        tenant=tenant,
                        mobile_number=number,
                        reason=reason[:200],
                        added_by=by,  # type: ignore[misc]
                        added_at=now,
                    )
                    for number in some
                ),
                ignore_conflicts=True,
            )
        added = DoNotContact.objects.filter(tenant=tenant).count() - before
        trail.note(tenant, by, "do not contact", after=reason, numbers=added)
    return added


def unbar(rows: QuerySet[DoNotContact], by: AbstractBaseUser | None) -> int:
    """Takes numbers off the list again. Returns how many."""
    with transaction.atomic():
        found = list(rows.select_related("tenant"))
        for row in found:
            trail.note(row, by, "contact again", before=row.reason, action=trail.GONE)
        for some in _chunks(row.pk for row in found):
            DoNotContact.objects.filter(pk__in=some).delete()
    return len(found)


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    source = iter(values)
    while some := list(islice(source, BATCH)):
        yield some
