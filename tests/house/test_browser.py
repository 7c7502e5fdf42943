"""Every page in a real browser: no error in its console, nothing wider than a phone, one main heading."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from .addresses import addresses, path_of, registered
from .test_addresses import model_name, values_for
from .world import have

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE, DESK = (360, 740), (1280, 900)
NOT_PAGES = {"admin:jsi18n", "admin:logout", "admin:autocomplete", "admin:search"}


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs a loop in this thread
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield found
        found.close()


@pytest.fixture
def boss() -> Client:
    client = Client()
    user = User.objects.create_superuser("boss", password="unlikely words for a boss")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def pages(boss: Client) -> list[str]:
    """The paths that answer a GET with a page."""
    rows: dict[str, Any] = {}
    for name, (model, _admin) in registered().items():
        rows[name] = User.objects.get() if name == "auth_user" else have(model)
    asked = [address for address in addresses() if address.name not in NOT_PAGES]
    paths = {
        path_of(address, values_for(address, rows))
        for address in asked
        if not (model_name(address) == "auth_user" and address.name.endswith("_delete"))
    }
    return sorted(path for path in paths if is_page(boss, path))


def is_page(boss: Client, path: str) -> bool:
    """A whole document: what a page fetches to put into itself is a part of one."""
    answer = boss.get(path)
    html = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
    return html and b"<html" in answer.content[:500]


def opened(browser: Browser, server: LiveServer, boss: Client, size: tuple[int, int], theme: Any) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, base_url=server.url
    )
    value = boss.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": value, "url": server.url}])
    return context.new_page()


@pytest.mark.parametrize(("size", "theme"), [(DESK, "light"), (PHONE, "dark")])
def test_every_page_is_fit_for_the_browser(
    browser: Browser,
    live_server: LiveServer,
    boss: Client,
    pages: list[str],
    size: tuple[int, int],
    theme: str,
) -> None:
    page = opened(browser, live_server, boss, size, theme)
    complaints: list[str] = []
    page.on(
        "console",
        lambda told: complaints.append(f"{page.url}: {told.text}") if told.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    for path in pages:
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            complaints.append(f"{path}: wider than the screen")
        if page.evaluate("document.querySelectorAll('h1').length") != 1:
            complaints.append(f"{path}: not exactly one main heading")
    assert complaints == []
    assert len(pages) > 20


def test_choosing_a_file_raises_no_error(browser: Browser, live_server: LiveServer, boss: Client) -> None:
    page = opened(browser, live_server, boss, DESK, "light")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(reverse("admin:messaging_broadcast_add"))
    page.locator("input[name=mode][value=people]").check()
    sheet: Any = {"name": "numbers.csv", "mimeType": "text/csv", "buffer": b"+919812345678"}
    page.set_input_files("#id_file", sheet)
    assert page.locator("#id_file").input_value().endswith("numbers.csv")
    assert complaints == []
