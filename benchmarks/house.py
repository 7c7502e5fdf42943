"""The house of the flow tests, wide open: budgets that hold nobody back, and sixteen worker threads."""

from groups.models import Group, SyncRun
from kaizala_admin.connectors.models import Bucket, Connector, Tenant
from kaizala_admin.embedded.children import Budgets
from kaizala_admin.kaizala import KaizalaClient
from kaizala_admin.outbox.models import State
from tests.flows.house import House

THREADS = 16
WIDE = Budgets(connector=6_000_000, tenant=6_000_000)  # calls a minute
ACTIVE = [State.QUEUED, State.SENDING]


class BenchHouse(House):
    """`people` in the sandbox follow its groups: four fifths of them the largest."""

    threads, budgets = THREADS, WIDE
    access = ""

    def settle_in(self, people: int) -> Connector:
        """An organisation of this size in the sandbox, nothing of it in the mirror but its groups."""
        self.clean()
        self._seed(people)
        self.post("/sandbox/answers", enabled=False)
        connector = self.connect()
        self.allow(WIDE)
        return connector

    def _seed(self, people: int) -> None:
        """A million take longer than an answer is waited for elsewhere."""
        body = {"seed": 1, "people": people}
        self.session.post(f"{self.sandbox_url}/sandbox/reset", json=body, timeout=900).raise_for_status()

    def allow(self, budgets: Budgets) -> None:
        """The same budgets at Kaizala's end and at ours."""
        self.post("/sandbox/budgets", connectorPerMinute=budgets.connector, tenantPerMinute=budgets.tenant)
        self.post("/sandbox/clock", reset=True)  # the calls of the minute before count against nobody
        Tenant.objects.update(calls_per_minute=budgets.tenant)
        # nothing but what is measured: the clock starts no sync of its own
        Connector.objects.update(calls_per_minute=budgets.connector, sync_every=0)
        Bucket.objects.all().delete()

    def read_directory(self, connector: Connector) -> None:
        """Groups without people: the directory is read, and the runs that it starts are not."""
        from groups.services import start_connector_sync

        start_connector_sync(connector)
        self.wait(lambda: SyncRun.objects.exclude(group=None).exists())
        SyncRun.objects.filter(state=State.QUEUED).update(state=State.CANCELLED)
        self.wait(lambda: not SyncRun.objects.filter(state__in=ACTIVE).exists())

    def bare_client(self) -> KaizalaClient:
        """A client that our database knows nothing of, with an access token."""
        known = self.get("/sandbox/state")["connectors"][0]
        token = next(one["refreshToken"] for one in known["refreshTokens"] if one["kind"] == "tenant")
        client = KaizalaClient(
            self.sandbox_url, known["applicationId"], known["applicationSecret"], token, auto_refresh=False
        )
        self.access = client.generate_access_token().access_token
        return client

    def bare_access(self) -> str:
        """The access token alone."""
        self.bare_client()
        return self.access

    def largest(self) -> tuple[Group, int]:
        """The public group with most subscribers at Kaizala, and how many they are."""
        found = max(self.get("/sandbox/state")["publicGroups"], key=lambda one: one["subscribers"])
        return Group.objects.get(group_id=found["groupId"]), int(found["subscribers"])
