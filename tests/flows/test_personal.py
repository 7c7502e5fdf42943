"""A personal text from its sheet to the phones, and the test before it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from groups.models import Group, Subscriber
from kaizala_admin.connectors.models import Connector
from messaging.models import Broadcast
from messaging.views.base import url
from tests.flows.house import House

pytestmark = pytest.mark.flow


def test_a_sheet_becomes_three_texts_on_three_phones_after_a_test_on_a_fourth(
    house: House, synced: Connector
) -> None:
    client = Client()
    client.force_login(house.administrator(), backend="django.contrib.auth.backends.ModelBackend")
    public = Group.objects.filter(group_type="ConnectGroup").order_by("-subscriber_count", "pk")[0]
    followers = Subscriber.objects.filter(group=public, is_provisioned=True).order_by("mobile_number")
    first, second, third, mine = followers.values_list("mobile_number", flat=True)[:4]
    sheet = f"Phone,Village\n{first},Puri\n{second},=2+3\n{third},\n".encode()
    said = {"mode": "people", "to": public.pk, "message": "Market in {village|your village} {{}} שלום"}
    answer: Any = client.post(
        url("add"), {**said, "file": SimpleUploadedFile("villages.csv", sheet), "test": "yes"}
    )
    draft = Broadcast.objects.get()
    client.post(url("me"), {"mobile_number": mine})
    client.post(f"{answer.url}?person=1", {"to": "me"})
    test = house.finish(Broadcast.objects.get(is_test=True))
    check = client.get(url("check", draft.pk))
    assert (check.context["check"].people, check.context["check"].dispatches) == (3, 3)
    client.post(url("check", draft.pk), {"people": 3, "draft": check.context["draft"]})
    sent = house.finish(draft)
    assert {row.state for row in sent.deliveries.all()} == {"sent"}
    assert (test.people, test.test_of_id) == (1, draft.pk)
    texts = {"Puri": [first, mine], "=2+3": [second], "your village": [third]}
    for village, numbers in texts.items():
        rows = house.get("/sandbox/ledger", text=f"Market in {village} {{}} שלום", limit=100)["rows"]
        assert sorted(row["mobileNumber"] for row in rows) == sorted(numbers)
