"""Rows from plain values: stored as given, however many, and all of them or none."""

from datetime import UTC, datetime
from itertools import repeat

import pytest
from django.db import IntegrityError

from kaizala_admin.connectors import bulk
from kaizala_admin.connectors.call_log import FIELDS
from kaizala_admin.connectors.models import ApiCall, Connector, Heartbeat, Tenant

AT = datetime(2026, 11, 24, 19, 50, 1, 250, tzinfo=UTC)
TEXTS = ('"', "\\", "\\u0041", "a\tb\nc", "%s %d", "'; --", "राजा", "😀", "[1, 2]", "null", "12", "")


@pytest.mark.django_db
@pytest.mark.parametrize("times", [0, 1, 20, 500])
def test_rows_are_stored_as_they_were_given(times: int) -> None:
    tenant = Tenant.objects.create(name="Harvest & Health")
    connector = Connector.objects.create(tenant=tenant, name="Main")
    given = [
        (connector.pk, None, AT, text, "GET", f"/{n}", None if n % 2 else 200, n, "", text, text * 9)
        for n, text in enumerate(TEXTS)
    ]
    rows = ((*one[:2], bulk.moment(one[2]), *one[3:]) for many in repeat(given, times) for one in many)
    bulk.insert(ApiCall, FIELDS, rows)
    assert list(ApiCall.objects.order_by("pk").values_list(*FIELDS)) == given * times


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_refused_in_a_later_batch_leaves_none_of_those_before_it() -> None:
    names = [f"worker-{n}" for n in range(bulk.BATCH + 1)]
    rows = ((name, bulk.moment(AT)) for name in [*names, names[0]])
    with pytest.raises(IntegrityError):
        bulk.insert(Heartbeat, ("name", "seen_at"), rows)
    assert Heartbeat.objects.count() == 0
