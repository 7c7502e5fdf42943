"""F4: the broker is not there when the house starts, nor for minutes afterwards."""

import time
from collections.abc import Callable, Iterator

import pytest
import requests
from django.contrib.auth.models import User
from django.forms.models import model_to_dict

from kaizala_admin.connectors.models import Connector
from kaizala_admin.webhooks.models import Subscription
from tests.faults import tally
from tests.faults.harness import FaultHouse
from tests.faults.running.test_events import body, hook
from tests.faults.sizes import EVERYTHING
from tests.flows.house import BUDGETS, PASSWORD

__all__ = ["hook"]

WITHOUT = 120.0 if EVERYTHING else 0.0  # seconds
QUICK = 0.5 if EVERYTHING else 10.0  # seconds; in the small run others use the machine
STARTED_WITHOUT = ("dispatcher", "web", "worker")


@pytest.fixture
def brokerless(house: FaultHouse) -> Iterator[FaultHouse]:
    house.kill("broker")
    for name in STARTED_WITHOUT:
        house.kill(name)
    for name in ("dispatcher", "web"):
        house.start_again(name)
    house.supervisor.children["worker"].start()  # which is not ready before there is a broker
    yield house
    house.mend()


def sign_in(house: FaultHouse) -> None:
    User.objects.filter(username="admin").delete()
    house.administrator()
    url = f"{house.web_url}/admin/login/"
    house.session.get(url, timeout=30)
    typed = {"username": "admin", "password": PASSWORD, "next": "/admin/"}
    token = {"csrfmiddlewaretoken": house.session.cookies["csrftoken"]}
    answer = house.session.post(url, data={**typed, **token}, headers={"Referer": url}, timeout=30)
    assert answer.url.endswith("/admin/")


def in_time(call: Callable[[], requests.Response]) -> None:
    begun = time.monotonic()
    answer = call()
    assert (answer.status_code, time.monotonic() - begun < QUICK) == (200, True)


def test_a_house_that_starts_without_a_broker_answers_and_sends(
    brokerless: FaultHouse, hook: Subscription, connector: Connector
) -> None:
    house = brokerless
    sign_in(house)
    tenant = f"{house.web_url}/admin/connectors/tenant/{connector.tenant_id}/change/"
    house.session.get(tenant, timeout=60)  # the first page of a new process is slow with and without a broker
    in_time(lambda: house.session.get(tenant, timeout=60))
    token = house.session.cookies["csrftoken"]
    written = {"csrfmiddlewaretoken": token, "name": "Edited", "calls_per_minute": BUDGETS.tenant}
    fields = {name: value for name, value in model_to_dict(connector.tenant).items() if value is not None}
    in_time(
        lambda: house.session.post(
            tenant, data={**fields, **written}, headers={"Referer": tenant}, timeout=60
        )
    )
    said = {"kz-callback-token": hook.callback_token, "Content-Type": "application/json"}
    in_time(lambda: requests.post(f"{house.web_url}{hook.path}", data=body(1), headers=said, timeout=60))
    found = house.settled(house.to_all("Never any bell"))
    time.sleep(WITHOUT)
    found += house.settled(house.to_all("Still no bell"))
    house.mend()
    found += house.settled(house.to_all("The bell is there"))
    tally.keep("F4  no broker from the start on, then one", 1, found)
    assert (found.sent, found.broken_promises) == (found.people, {})
