"""The house of the flow tests, with the means to break it."""

import random
import time
from collections.abc import Sequence
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from groups.models import Group, SyncRun
from kaizala_admin.connectors import leases
from kaizala_admin.connectors.models import ApiCall, Bucket, Connector, Tenant
from kaizala_admin.embedded import children
from kaizala_admin.outbox import sweeper
from kaizala_admin.outbox.granting import Leadership, Memory, grant_round
from kaizala_admin.outbox.models import Attempt, OutboxRow, State
from kaizala_admin.outbox.pump import pump
from kaizala_admin.outbox.registry import row_classes
from messaging.models import AudienceLine, Broadcast, Delivery, Dispatch
from tests.faults.sizes import SEED, SIZES
from tests.faults.tally import Count, count
from tests.flows.house import APPS, BUDGETS, KEPT, House

MADE_BY_A_TEST = (Delivery, AudienceLine, Dispatch, Broadcast, Attempt, ApiCall, Bucket)
SEND = "send_message_to_subscribers"


class FaultHouse(House):
    """Start all of it with `start`, or the sandbox alone with `start_sandbox`."""

    def start_sandbox(self) -> None:
        """For tests that fork the rest themselves. No broker: nothing is done unless a test does it."""
        settings.REDIS_URL = ""
        self.supervisor.start(children.sandbox(self.places, self.ports, SIZES.people, BUDGETS))

    def settle(self, people: int) -> None:
        """An organisation of so many, all of it in the mirror."""
        self.empty(people)
        self.sync(self.connect())

    def empty(self, people: int = SIZES.people) -> None:
        """Nothing in the console's tables; the sandbox as seeded, with enough people in it."""
        with transaction.atomic(), connection.cursor() as cursor:
            for model in [model for app in APPS for model in apps.get_app_config(app).get_models()]:
                if model.__name__ not in KEPT:
                    cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")
        self.post("/sandbox/reset", seed=SEED % 1_000, people=people)
        self.post("/sandbox/answers", enabled=False)

    def tidy(self) -> None:
        """As new between tests, but with the mirror kept."""
        self.delete("/sandbox/faults")
        self.post("/sandbox/clock", reset=True)
        budgets = {"connectorPerMinute": BUDGETS.connector, "tenantPerMinute": BUDGETS.tenant}
        self.post("/sandbox/budgets", **budgets)
        for model in MADE_BY_A_TEST:
            model._default_manager.all().delete()
        SyncRun.objects.filter(state__in=[State.QUEUED, State.SENDING]).update(state=State.CANCELLED)
        fine = {"health": Connector.Health.WORKING, "health_reason": "", "is_active": True}
        Connector.objects.update(calls_per_minute=BUDGETS.connector, batch_size=1, **fine)
        Tenant.objects.update(pause_after_failures=0)  # calls shall fail here in bursts
        self.delete("/sandbox/calls")

    def fault(self, kind: str, operation: str = SEND, **more: object) -> None:
        """Tells the sandbox to misbehave; the first rule that strikes wins."""
        self.post("/sandbox/faults", operation=operation, kind=kind, **more)

    def struck(self) -> int:
        """How often the faults in force have struck. A fault that never strikes shows nothing."""
        return sum(rule["hits"] for rule in self.get("/sandbox/faults"))

    def renew_grant(self) -> None:
        """Another connector of the sandbox, whose tokens nobody has touched, takes the place of ours."""
        made = self.post("/sandbox/connectors", callsPerMinute=BUDGETS.connector)
        known = made["connectors"][0]
        token = next(one["refreshToken"] for one in known["refreshTokens"] if one["kind"] == "tenant")
        connector = Connector.objects.get()
        connector.application_id, connector.application_secret = (
            known["applicationId"],
            known["applicationSecret"],
        )
        connector.save()
        grant = connector.grants.get()
        grant.refresh_token, grant.previous_refresh_token, grant.access_token = token, "", ""
        grant.access_expires_at = grant.refreshed_at = grant.refresh_expires_at = None
        grant.state, grant.state_reason = grant.State.WORKING, ""
        grant.save()

    def kill(self, name: str) -> None:
        """kill -9, of the whole group."""
        self.supervisor.children[name].kill()

    def start_again(self, name: str) -> None:
        """Returns when it is ready."""
        child = self.supervisor.children[name]
        child.start()
        self.supervisor._wait_for(child)

    def mend(self) -> None:
        """Whatever the last test left dead runs again."""
        dead = [child.name for child in self.supervisor.children.values() if not child.alive]
        for name in dead:
            self.start_again(name)
        if "broker" in dead and "worker" in self.supervisor.children:
            self.wait(self.supervisor.children["worker"].spec.is_ready)  # it tries again in growing steps

    def two_minutes_pass(self) -> int:
        """The leases of calls under way end, and the sweeper comes. Only when nobody works on them."""
        over = timezone.now() - timedelta(seconds=1)
        dead = sum(
            row_class._default_manager.filter(state=State.SENDING).update(lease_until=over)
            for row_class in row_classes()
        )
        sweeper.sweep()
        return dead

    def to_all(self, text: str, group: Group | None = None, **choice: object) -> Broadcast:
        """A text to everybody who follows the largest public group, one call for each batch of them."""
        return self.send("public", [group or public()], text)

    def settled(self, broadcast: Broadcast, seconds: float = 60.0) -> Count:
        """Waits for the end, and counts on the phones. A busy machine sends ten people a second."""
        seconds += broadcast.people / 10
        over = ("finished", "cancelled")
        self.wait(lambda: Broadcast.objects.get(pk=broadcast.pk).state in over, seconds)
        return self.count(broadcast)

    def count(self, broadcast: Broadcast) -> Count:
        rows = self.get("/sandbox/ledger", text=broadcast.content["message"], limit=10_000)["rows"]
        return count(Broadcast.objects.get(pk=broadcast.pk), rows)


def public(place: int = 0) -> Group:
    """The public groups, largest first."""
    ranked = Group.objects.filter(group_type="ConnectGroup").order_by("-subscriber_count", "pk")
    return ranked[place]


def work_off(connector: Connector, most: float = 30.0) -> None:
    """What dispatcher and worker do, here and one after the other, until nothing is due."""
    fence = leases.acquire("dispatcher", "test", timedelta(seconds=60))
    assert fence is not None
    ends, memory = time.monotonic() + most, Memory()
    while time.monotonic() < ends:
        granted = grant_round(memory, Leadership("dispatcher", "test", fence)).granted
        if not (pump(connector.pk) or granted) and not sweeper.due_connectors():
            break
    leases.release("dispatcher", "test")


def permit(rows: Sequence[OutboxRow], seconds: float = 30.0) -> None:
    """What the dispatcher would do: each of them may call once."""
    until = timezone.now() + timedelta(seconds=seconds)
    for row in rows:
        type(row)._default_manager.filter(pk=row.pk).update(permits=1, permits_until=until)


def chance(name: str) -> random.Random:
    """Repeatable: the same seed, the same test, the same numbers."""
    return random.Random(f"{SEED} {name}")
