"""A person's way through the console in a real browser: sign in, write, check, send, watch, look it up."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from groups.models import Group
from kaizala_admin.connectors.models import Connector
from kaizala_admin.embedded.child import ROOT
from messaging.models import Broadcast
from tests.flows.house import PASSWORD, House

pytestmark = pytest.mark.browser
PICTURES = ROOT / "var" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SIZES = {"wide": (1280, 900), "narrow": (360, 740)}


@dataclass
class Visit:
    """A page at one size and in one scheme, with the errors that its console told."""

    page: Page
    root: str
    name: str
    errors: list[str]

    def open(self, path: str) -> None:
        self.page.goto(f"{self.root}{path}")

    def look(self, what: str) -> None:
        """Takes a picture; nothing may stick out sideways, and nothing may have gone wrong."""
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=PICTURES / f"{what}-{self.name}.png")
        wide, room = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert (what, wide) == (what, room)
        assert (what, self.errors) == (what, [])

    def sign_in(self) -> None:
        self.open("/")
        self.page.fill("input[name=username]", "admin")
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("button[type=submit]")
        self.page.wait_for_url("**/admin/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "Debian's Chromium is missing: apt-get install chromium"
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=["wide-light", "wide-dark", "narrow-light", "narrow-dark"])
def visit(request: pytest.FixtureRequest, browser: Browser, house: House) -> Iterator[Visit]:
    size, scheme = request.param.split("-")
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page, errors = context.new_page(), list[str]()

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: errors.append(str(error)))
    PICTURES.mkdir(parents=True, exist_ok=True)
    yield Visit(page, house.web_url, request.param, errors)
    context.close()


def test_a_message_goes_from_the_form_to_the_phones(house: House, visit: Visit, connector: Connector) -> None:
    house.administrator()
    house.sync(connector)
    group = Group.objects.filter(group_type="Group").order_by("-member_count")[0]
    visit.open("/admin/login/")
    visit.look("sign-in")
    visit.sign_in()
    visit.look("home")
    visit.open(f"/admin/groups/group/{group.pk}/change/")
    visit.look("group")

    page, text = visit.page, f"The mill opens on Monday ({visit.name})"
    visit.open(f"/admin/messaging/broadcast/add/?group={group.pk}")
    expect(page.get_by_role("checkbox", name=group.name)).to_be_checked()
    page.fill("#id_message", text)
    visit.look("compose")
    page.get_by_role("button", name=re.compile("Check what it takes")).click()
    page.wait_for_url("**/check/")
    visit.look("check")
    page.get_by_role("button", name=re.compile(r"^send Send to|^Send to|Send to ")).click()
    page.wait_for_url("**/progress/**")
    expect(page.get_by_text("Finished: it was sent to everybody.")).to_be_visible(timeout=30_000)
    visit.look("progress")

    broadcast = Broadcast.objects.get()
    assert house.differences(broadcast) == []
    page.get_by_role("link", name=re.compile("The ledger")).click()
    page.wait_for_load_state()
    visit.look("ledger")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


def test_what_a_phone_shows_is_what_was_sent(house: House, visit: Visit, connector: Connector) -> None:
    house.sync(connector)
    group = Group.objects.filter(group_type="Group").order_by("-member_count")[0]
    house.finish(house.send("groups", [group], "Look at your phone"))
    number = house.get("/sandbox/ledger", text="Look at your phone")["rows"][0]["mobileNumber"]
    visit.page.goto(f"{house.sandbox_url}/phones/{number}")
    expect(visit.page.get_by_text("Look at your phone")).to_be_visible()
    visit.look("phone")


def test_the_picture_of_the_readme_exists() -> None:
    assert Path(ROOT / "docs" / "screenshot.png").stat().st_size > 10_000
