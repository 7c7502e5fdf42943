"""Every kind, from the form to the phones, through real processes; and in a browser, as it was previewed."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright

from groups.models import Group
from kaizala_admin.connectors.models import Connector, Tenant
from kaizala_admin.embedded.ledger import Phone, compare, received
from messaging import kinds, services
from messaging.media.models import MediaUpload
from messaging.models import Broadcast, Dispatch
from messaging.views.base import url
from tests.flows.filling import fill
from tests.flows.house import PASSWORD, House
from tests.messaging import files
from tests.messaging.kinds import samples

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture
def library(house: House, settings: Any) -> dict[str, int]:
    """Files where the house's workers find them."""
    settings.KAIZALA_LIBRARY_DIR = str(house.places.data / "library")
    return samples.library()


def sent(
    writer: Client, sender: Client, kind: str, content: dict[str, Any], people: int, **to: Any
) -> Broadcast:
    """Written in the form by one person, checked and sent by another, who types how many people they are."""
    written = fill(writer, f"{url('add')}?kind={kind}", **samples.as_typed(content), **to)
    fill(sender, written.url, typed=f"{people:,}")
    broadcast = Broadcast.objects.latest("pk")
    assert (broadcast.kind, broadcast.content, broadcast.people) == (kind, content, people)
    return broadcast


def on_phones(house: House, broadcast: Broadcast) -> Counter[Phone]:
    """Copies that each phone got of all calls of a broadcast."""
    references = broadcast.dispatches.values_list("reference_id", flat=True)
    found = [house.get("/sandbox/ledger", messageId=one, limit=10_000)["rows"] for one in references]
    return received(chain.from_iterable(found))


@pytest.mark.flow
def test_every_kind_goes_from_its_form_to_everybody_in_a_group_and_every_subscriber_once(
    house: House, synced: Connector, library: dict[str, int], signed_in: Callable[[str], Client]
) -> None:
    Tenant.objects.update(many_people=1)
    group = Group.objects.filter(group_type="Group", member_count__gt=1).order_by("member_count", "pk")[0]
    public = Group.objects.filter(group_type="ConnectGroup", subscriber_count__gt=1)
    followed = public.order_by("subscriber_count", "pk")[0]
    everybody = group.members.values_list("mobile_number").union(
        followed.subscribers.values_list("mobile_number")
    )
    staff = signed_in("Operator"), signed_in("Approver")
    whom: dict[str, Any] = {"mode": "mix", "groups": group.pk, "public": followed.pk}
    broadcasts = [
        sent(*staff, kind, content, everybody.count(), **whom)
        for kind, content in samples.every(library).items()
    ]
    for broadcast in map(house.finish, broadcasts):
        calls = set(broadcast.dispatches.values_list("mode", "state"))
        assert (broadcast.kind, calls) == (broadcast.kind, {("group", "sent"), ("batch", "sent")})
        assert (broadcast.kind, compare(broadcast, on_phones(house, broadcast))) == (broadcast.kind, [])
    # Five files and an album: each went to Kaizala once, however many broadcasts named it.
    assert MediaUpload.objects.filter(state="sent").count() == MediaUpload.objects.count() == 6
    named = Dispatch.objects.exclude(action_id="").values_list("broadcast__kind", flat=True)
    assert set(named) == {"poll", "survey", "job", "lets_meet", "custom_action"}


# --- in the browser ------------------------------------------------------------------------------------

PARTS = ["title", "text", "file-name", "option", "question", "type", "fact"]
# A phone tells a time in its own zone: what names the year is not compared.
READ = """(card, parts) => ({
    label: card.querySelector('.card-kind')?.textContent ?? '',
    lines: parts.map(part => [part, [...card.querySelectorAll('.card-' + part)]
        .map(one => one.textContent.trim()).filter(line => !line.includes('2031'))]),
    pictures: card.querySelectorAll('img').length,
})"""


@pytest.fixture
def page(house: House) -> Iterator[Page]:
    path = shutil.which("chromium")
    assert path, "Debian's Chromium is missing: apt-get install chromium"
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=30_000)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        found = browser.new_page(viewport={"width": 1280, "height": 900}, base_url=house.web_url)
        found.on("pageerror", lambda error: pytest.fail(str(error)))
        yield found
        browser.close()


TEXTS = {
    "text": {"#id_message": "<i>Rain</i> & sun\nمرحبا"},
    "announcement": {"#id_headline": "Rain <b>soon</b>", "#id_message": "On Monday.\nمرحبا"},
    "poll": {"#id_question": "Which seed?"},
    "survey": {"#id_headline": "Your harvest", "#id_description": "Two minutes"},
    "job": {"#id_assignees": "\n".join(samples.NUMBERS), "#id_headline": "Count the sacks"},
    "lets_meet": {
        "#id_headline": "Spring",
        "#id_starts_at": "2031-03-04T09:30",
        "#id_place_name": "The mill",
        "#id_latitude": "12.97",
        "#id_longitude": "77.59",
        "#id_agenda": "Prices",
    },
    "image": {"#id_caption": "The mill"},
    "album": {"#id_caption": "The week"},
    "audio": {"#id_caption": "A voice"},
    "document": {"#id_caption": "The prices"},
    "video": {"#id_caption": "The harvest"},
    "custom_action": {"#id_package_id": "com.example.harvest.3", "#id_headline": "Field visit"},
}
FILES = {"announcement": 2, "album": 2, "image": 1, "audio": 1, "video": 1}
# How many bars of progress there are as soon as it falls.
DROP = """([name, text]) => {
    const zone = document.querySelector('#media-picker [data-drop]'), carried = new DataTransfer();
    carried.items.add(new File([text], name));
    zone.dispatchEvent(new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true }));
    return zone.querySelectorAll('.msg-uploads progress').length;
}"""


def write(page: Page, kind: str) -> Any:
    """Fills the form of a kind as a person does. The card as the phone beside it shows it then."""
    if kind == "poll":
        page.get_by_role("textbox", name="Choice 1: ").fill("Maize")
        page.get_by_role("textbox", name="Choice 2: ").fill("Rice")
        page.get_by_role("button", name="Choice 2: Picture").click()
        choose(page, 1)
    if kind == "survey":
        ask(page)
    if kind == "custom_action":
        page.get_by_role("button", name="Add a property").click()
        page.keyboard.type("crop")
        page.get_by_role("textbox", name="Property 1: Value").fill("Maize")
        page.get_by_role("button", name="Add a question").click()
        page.keyboard.type("Which field?")
        page.get_by_label("Question 1: Kind of answer").select_option("Location")
    if kind == "document":
        page.get_by_role("button", name="Choose or upload").click()
        expect(page.locator(".msg-zone")).to_contain_text("PDF, Word, Excel or PowerPoint; at most")
        assert page.evaluate(DROP, ["leaflet.pdf", f"{files.PDF.decode()}\n"]) == 1
        expect(page.locator("#media-picker")).to_be_hidden()  # what was dropped is chosen at once
    if kind == "audio":
        page.get_by_role("button", name="Choose or upload").click()
        page.evaluate(DROP, ["prices.pdf", files.PDF.decode()])
        expect(page.locator(".msg-uploads")).to_contain_text("takes another kind of file")
        page.locator("#media-picker").get_by_role("button", name="Close").click()
    for file in range(FILES.get(kind, 0)):
        page.get_by_role("button", name="Choose or upload").click()
        choose(page, file)
    if kind == "audio":
        expect(page.get_by_role("link", name="Open: voice.wav")).to_be_visible()
    for field, text in TEXTS[kind].items():
        page.fill(field, text)
    # What was written last is on the card: so is all that was written before.
    expect(page.locator("#phone-card")).to_contain_text(text.splitlines()[-1])
    return page.locator("#phone-card").evaluate(READ, PARTS)


def ask(page: Page) -> None:
    """Two questions: added, filled, moved, copied and removed, with the keyboard and with the mouse."""
    page.get_by_role("textbox", name="Question 1: What do you ask?").fill("Which seed?")
    page.get_by_role("textbox", name="Question 1: Option 1").fill("Maize")
    page.keyboard.press("Enter")
    page.keyboard.type("Rice")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    page.get_by_role("button", name="Add a question").click()
    page.keyboard.type("How many acres?")
    page.keyboard.press("Alt+ArrowUp")
    page.get_by_label("Question 1: Kind of answer").select_option("Numeric")
    page.get_by_role("button", name="Copy: Question 1").click()
    page.get_by_role("button", name="Remove: Question 2").click()
    page.locator(".msg-grip").nth(1).drag_to(page.get_by_role("group", name="Question 1"))
    assert json.loads(page.locator("[name=questions]").input_value()) == [
        {"title": "Which seed?", "type": "SingleOption", "options": ["Rice", "Maize"], "hidden": False},
        {"title": "How many acres?", "type": "Numeric", "options": [], "hidden": False},
    ]


def choose(page: Page, at: int) -> None:
    page.locator("#media-picker [data-file]").nth(at).click()
    expect(page.locator("#media-picker")).to_be_hidden()


@pytest.mark.browser
def test_every_kind_arrives_on_the_phone_as_it_was_previewed(
    house: House, page: Page, connector: Connector, library: dict[str, int]
) -> None:
    house.administrator()
    house.sync(connector)
    group = Group.objects.filter(group_type="Group", member_count__gt=0).order_by("member_count", "pk")[0]
    page.goto("/admin/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    previews = {}
    assert TEXTS.keys() == kinds.every().keys()
    for kind in TEXTS:
        page.goto(f"/admin/messaging/broadcast/add/?group={group.pk}")
        page.locator(f"input[name=kind][value={kind}]").check(force=True)
        previews[kind] = write(page, kind)
        with page.expect_response(lambda answer: answer.status == 302):  # nobody waits for the list behind
            page.get_by_role("button", name="Save as draft").click()
    for draft in Broadcast.objects.order_by("pk"):
        assert services.launch(draft, None, services.check(draft).people) is True
    for sent in Broadcast.objects.order_by("pk"):
        house.finish(sent)
    number = house.get("/sandbox/ledger")["rows"][0]["mobileNumber"]
    page.goto(f"{house.sandbox_url}/phones/{number}")
    order = list(Broadcast.objects.order_by("pk").values_list("kind", flat=True))
    bubbles = [bubble.evaluate(READ, PARTS) for bubble in page.locator(".bubble").all()]
    assert sorted(map(str, bubbles)) == sorted(str(previews[kind]) for kind in order)
