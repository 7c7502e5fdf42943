"""A poll is sent from here, people answer by themselves, and the chart in the browser follows."""

import pytest
from playwright.sync_api import expect

from groups.models import Group
from kaizala_admin.connectors.models import Connector
from surveys import schedule
from surveys.models import Action, ActionInstance, AnswerSync
from tests.flows.house import House
from tests.flows.test_browser import Visit, browser, visit  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser


def fetch(house: House) -> None:
    """What the clock does every minute, now."""
    ActionInstance.objects.update(wants_fetch=True)
    schedule.tick()
    house.wait(lambda: not AnswerSync.objects.filter(state__in=["queued", "sending"]).exists())


@pytest.mark.parametrize("visit", ["narrow-dark"], indirect=True)
def test_a_chart_follows_while_people_answer(
    house: House,
    visit: Visit,  # noqa: F811
    connector: Connector,
) -> None:
    house.administrator()
    house.post("/sandbox/answers", enabled=False)
    house.sync(connector)
    group = Group.objects.filter(group_type="Group", member_count__gt=5).order_by("member_count", "pk")[0]
    choices = [{"title": "Rain"}, {"title": "Sun"}]
    content = {"question": "Rain or sun?", "choices": choices, "expires_in_hours": 24}
    house.finish(house.launch("groups", [group], "poll", content))
    fetch(house)

    page = visit.page
    visit.sign_in()
    visit.open(Action.objects.get().get_absolute_url())
    expect(page.get_by_text("Nobody has answered yet")).to_be_visible()
    house.post("/sandbox/answers", enabled=True, share=1, delaySeconds=0)
    house.post("/sandbox/clock", advanceSeconds=600)

    def answers() -> int:
        fetch(house)
        return ActionInstance.objects.get().response_count

    count = house.wait(answers)
    bars = page.locator(".kza-bars")
    expect(bars).to_be_visible(timeout=30_000)  # without a click: the page asks every few seconds
    figures = [int(text) for text in bars.locator("td.kza-figure:nth-child(3)").all_inner_texts()]
    assert sum(figures) == count
    visit.look("results")
