"""The sandbox's organisation in the mirror, a survey in one of its groups, and a stand-in for the pump."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from groups.models import Group, Member, Reach
from kaizala_admin.connectors import clock
from kaizala_admin.kaizala import KaizalaClient, Question, Refused, Sent, Survey
from kaizala_admin.outbox.models import State
from surveys.models import AnswerSync
from surveys.services import syncing
from tests.groups.conftest import connect
from tests.sandbox_process import SandboxProcess

QUESTIONS = (
    Question("How is the crop?", "SingleOption", ("Good", "Fair", "Poor")),
    Question("What do you need?", "MultiOption", ("Seed", "Water", "Advice")),
    Question("How many acres?", "Numeric"),
    Question("Where?", "Location"),
    Question("Since when?", "DateTime"),
    Question("Anything else?", "Text"),
    Question("A picture", "Image"),
)


@dataclass
class Service:
    """One group of the sandbox is in the mirror; `client` speaks for the whole organisation."""

    sandbox: SandboxProcess
    client: Any
    group: Group

    def call(self, row: AnswerSync) -> bool:
        """One call of the row, settled as the pump settles it. False when the row is over."""
        rows = AnswerSync.objects.filter(pk=row.pk)
        rows.update(state=State.SENDING)
        try:
            result = row.perform(self.client)
            with transaction.atomic():
                rows.update(state=State.SENT, reason="", detail="")
                if row.record(result):
                    return False
                rows.update(state=State.QUEUED)
        except Refused as error:
            rows.update(state=State.FAILED, reason=error.code, detail=error.message)
            return False
        return True

    def drive(self, rows: Sequence[AnswerSync]) -> AnswerSync:
        """Calls until all are over; the first as it is stored."""
        for row in rows:
            while self.call(row):
                pass
        return AnswerSync.objects.get(pk=rows[0].pk)

    def look(self) -> AnswerSync:
        return self.drive(syncing.look(groups=[self.group]))

    def send(self, title: str = "Harvest", **more: Any) -> Sent:
        questions = more.pop("questions", QUESTIONS)
        sent: Sent = self.client.send_action(self.group.group_id, Survey(title, questions, **more))
        return sent

    def let_people_answer(self, *sent: Sent) -> None:
        """Everybody answers by themselves, all in one step of the sandbox: they are fewer than sixty."""
        self.sandbox.post("/sandbox/answers", enabled=True, share=1, delaySeconds=0)
        self.sandbox.post("/sandbox/clock", advanceSeconds=600)
        ends = time.monotonic() + 60
        while not all(self.responses(one) for one in sent):
            assert time.monotonic() < ends, "nobody answers"
            time.sleep(0.02)

    def responses(self, sent: Sent) -> int:
        told = self.client.fetch_action(self.group.group_id, sent.action_id)
        return len(told.responses)


@pytest.fixture
def service(db: None, sandbox: SandboxProcess) -> Service:
    sandbox.post("/sandbox/reset")
    sandbox.post("/sandbox/budgets", connectorPerMinute=1_000_000, tenantPerMinute=1_000_000)
    sandbox.post("/sandbox/answers", enabled=False)
    grant = connect(sandbox)
    connector = grant.connector
    client = KaizalaClient(
        connector.api_root, connector.application_id, connector.application_secret, grant.refresh_token
    )
    plain = [one for one in client.fetch_groups(show_details=True) if one.group_type == "Group"]
    told = min(plain, key=lambda one: abs((one.current_level_user_count or 0) - 20))
    now = clock.now()
    group = Group.objects.create(
        tenant=connector.tenant, group_id=told.group_id, name=told.name, first_seen_at=now
    )
    Reach.objects.create(grant=grant, group=group, role="Admin", first_seen_at=now)
    people = client.fetch_members(told.group_id)
    Member.objects.bulk_create(
        [
            Member(
                group=group,
                person_id=person.person_id,
                mobile_number=person.mobile_number,
                name=person.name,
                first_seen_at=now,
            )
            for person in people
        ]
    )
    Group.objects.filter(pk=group.pk).update(member_count=len(people))
    group.refresh_from_db()
    return Service(sandbox, client, group)
