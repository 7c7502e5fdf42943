"""What the pictures show: an organisation that was synced, messages that were sent, people who answered."""

from dataclasses import dataclass
from typing import Any

from groups.figures import counting
from groups.imports.models import ImportRun
from groups.models import Group
from kaizala_admin.connectors.models import Connector
from kaizala_admin.webhooks.models import Subscription
from messaging.models import Broadcast
from surveys import schedule
from surveys.models import Action, ActionInstance, AnswerSync
from tests.flows.house import House
from tests.flows.staff import Staff

SHEET = """Name;Handy;Ort
Asha Devi;+91 98123 00001;Nashik
Bilal Khan;098123-00002;Pune
Chitra;98123 00003;Nashik
Asha Devi;+919812300001;Nashik
Devi;12345;Pune
Esther;;Satara
Gopal;+91 98123 00006;Pune
"""
CROP, WATER = ["Good", "Fair", "Poor"], ["Enough", "Too little", "Too much"]
QUESTIONS = [
    {"title": "How is the crop?", "type": "SingleOption", "options": CROP, "hidden": False},
    {"title": "Is there water?", "type": "SingleOption", "options": WATER, "hidden": False},
    {"title": "How many acres do you till?", "type": "Numeric", "options": [], "hidden": False},
    {"title": "What do you need most?", "type": "Text", "options": [], "hidden": False},
]
SURVEY = {
    "headline": "The harvest",
    "description": "Two minutes",
    "questions": QUESTIONS,
    "due_in_hours": 72,
    "visibility": "2",
    "anonymous": False,
    "sender_only": False,
    "several": False,
    "cover": [],
}


class ReachableHouse(House):
    """Its sandbox is told where the console listens for events."""

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "KAIZALA_PUBLIC_URL": self.web_url}


@dataclass(frozen=True)
class Scene:
    """`group` is a group that we administer, `action` the answered survey, `check` an import's dry run."""

    group: Group
    sent: Broadcast
    action: Action
    check: ImportRun


def arrange(house: House, connector: Connector) -> Scene:
    """About half a minute of work for the house."""
    staff = Staff(house)
    house.post("/sandbox/answers", enabled=True, share=0.8, delaySeconds=0)
    house.sync(connector)
    house.wait(lambda: Subscription.objects.filter(state="active").count() > 20)
    ours = Group.objects.filter(group_type="Group", reaches__role="Admin", name__regex="^[A-Za-z ]+$")
    groups = list(ours.order_by("-member_count")[:4])
    counting.count()
    sent = house.finish(house.send("groups", groups, "The mill opens on Monday at seven."))
    survey = house.launch("groups", groups[:1], "survey", SURVEY)
    job = {"headline": "Bring the soil samples", "assignees": _some(groups[0]), "due_in_hours": 36}
    for broadcast in (survey, house.launch("groups", groups[:1], "job", job)):
        house.finish(broadcast)
    return Scene(
        group=groups[0],
        sent=sent,
        action=answered(house, survey),
        check=checked(house, staff, groups[0]),
    )


def answered(house: House, survey: Broadcast) -> Action:
    """The survey, when most of its people have answered."""
    house.post("/sandbox/clock", advanceSeconds=600)

    def found() -> Action | None:
        ActionInstance.objects.update(wants_fetch=True)
        schedule.tick()
        house.wait(lambda: not AnswerSync.objects.filter(state__in=["queued", "sending"]).exists())
        return Action.objects.filter(title="The harvest", instances__response_count__gt=5).first()

    return house.wait(found, 90)


def checked(house: House, staff: Staff, group: Group) -> ImportRun:
    """A sheet with a few mistakes, looked through but not applied."""
    form: dict[str, Any] = {"kind": "add", "group": group.group_id, "region": "IN", "tenant": group.tenant_id}
    sheet = ("people.csv", SHEET.encode())
    staff.press("/admin/groups/importrun/new/", files={"file": sheet}, **form)
    return house.wait(lambda: ImportRun.objects.filter(state="checked").first())


def _some(group: Group) -> list[str]:
    people = group.members.filter(gone_at=None).exclude(mobile_number="").order_by("pk")
    return list(people.values_list("mobile_number", flat=True)[:6])
