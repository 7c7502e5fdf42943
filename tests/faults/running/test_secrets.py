"""F28: after everything that was broken before, no secret stands in any log, in the broker or on a page."""

from urllib.parse import quote

import redis

from kaizala_admin.connectors import call_log
from kaizala_admin.connectors.models import ApiCall, Connector, Grant
from kaizala_admin.webhooks.models import Subscription
from tests.faults.harness import FaultHouse


def secrets() -> set[str]:
    """What nobody may read: the application's secret and every token that we hold, as they are and quoted."""
    found = {connector.application_secret for connector in Connector.objects.all()}
    for grant in Grant.objects.all():
        found |= {grant.refresh_token, grant.previous_refresh_token, grant.access_token}
    for hook in Subscription.objects.all():
        found |= {hook.path_token, hook.callback_token}
    found -= {""}
    return found | {quote(secret, safe="") for secret in found}


def hits(text: str, hidden: set[str]) -> int:
    return sum(text.count(secret) for secret in hidden)


def test_no_secret_stands_in_a_log_in_the_broker_or_in_the_call_log(house: FaultHouse) -> None:
    house.fault("error-after", times=3)
    house.fault("cut-after", times=3)
    house.fault("expired-token", times=3)
    house.settled(house.to_all("Canary"))
    assert house.struck() == 9
    call_log.flush()
    hidden = secrets()
    assert len(hidden) >= 3
    for path in house.places.logs.glob("*"):
        assert (path.name, hits(path.read_text(errors="replace"), hidden)) == (path.name, 0)
    line = redis.Redis(unix_socket_path=str(house.socket), socket_timeout=5)
    kept = b" ".join(line.dump(key) or b"" for key in line.scan_iter()).decode("latin-1")
    assert hits(kept, hidden) == 0
    house.wait(lambda: ApiCall.objects.exclude(error="").count() >= 9)
    for call in ApiCall.objects.all():
        assert hits(f"{call.path} {call.request} {call.answer} {call.error}", hidden) == 0


def test_the_broker_holds_no_phone_number_and_no_text(house: FaultHouse) -> None:
    house.fault("slow", seconds=0.3)
    broadcast = house.to_all("Only for the phones")
    number = broadcast.deliveries.values_list("mobile_number", flat=True)[0]
    line = redis.Redis(unix_socket_path=str(house.socket), socket_timeout=5)
    seen = b""
    while house.count(broadcast).sent < 40:
        seen += b" ".join(line.dump(key) or b"" for key in line.scan_iter())
    house.delete("/sandbox/faults")
    found = house.settled(broadcast)
    kept = seen.decode("latin-1")
    assert (kept.count(number), kept.count("Only for the phones")) == (0, 0)
    assert (found.sent, found.broken_promises) == (found.people, {})
