"""`bin/pictures [NAME ...]`: takes docs/pictures/NAME.png anew, from a house that runs beside its sandbox."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.ground import ground
from benchmarks.measure import SMALL

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.pictures.scene import Scene

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
DESK = {"width": 1280, "height": 900}
PATHS: dict[str, Callable[["Scene"], str]] = {
    "home": lambda scene: "/admin/",
    "compose": lambda scene: f"/admin/messaging/broadcast/add/?group={scene.group.pk}",
    "check": lambda scene: "",  # reached from the form
    "progress": lambda scene: f"/admin/messaging/broadcast/{scene.sent.pk}/progress/",
    "ledger": lambda scene: f"/admin/messaging/delivery/?broadcast__id__exact={scene.sent.pk}",
    "group": lambda scene: f"/admin/groups/group/{scene.group.pk}/change/",
    "adoption": lambda scene: "/admin/groups/group/figures/",
    "import": lambda scene: f"/admin/groups/importrun/{scene.check.pk}/",
    "results": lambda scene: scene.action.get_absolute_url(),
    "cross-tab": lambda scene: f"{scene.action.get_absolute_url()}?tab=cross",
    "jobs": lambda scene: "/admin/surveys/action/jobs/",
    "webhooks": lambda scene: "/admin/webhooks/subscription/",
    "events": lambda scene: "/admin/webhooks/event/",
}


def main() -> int:
    """Writes a picture a page."""
    names = _names()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread
    with (
        tempfile.TemporaryDirectory(prefix="kaizala-pictures-") as folder,
        ground(SMALL, Path(folder), "sqlite") as found,
    ):
        from django.conf import settings

        from kaizala_admin.embedded.connect import listen
        from tests.pictures.scene import ReachableHouse, arrange

        house = ReachableHouse(Path(folder))
        settings.KAIZALA_PUBLIC_URL = house.web_url
        try:
            house.start()
            connector = house.connect()
            listen(connector)
            scene = arrange(house, connector)
            _take(house.web_url, scene, names)
        finally:
            house.stop()
            found.rest()
    return 0


def _take(root: str, scene: "Scene", names: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport=DESK, color_scheme="light")  # type: ignore[arg-type]
        _sign_in(page, root)
        for name in names:
            _go(page, root, name, scene)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=PICTURES / f"{name}.png")
            sys.stdout.write(f"docs/pictures/{name}.png\n")
        browser.close()


def _sign_in(page: "Page", root: str) -> None:
    from tests.flows.house import PASSWORD

    page.goto(f"{root}/admin/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")


def _go(page: "Page", root: str, name: str, scene: "Scene") -> None:
    if name in ("compose", "check"):
        page.goto(f"{root}{PATHS['compose'](scene)}")
        page.fill("#id_message", "The mill opens on Monday at seven. Bring your card.")
    else:
        page.goto(f"{root}{PATHS[name](scene)}")
    if name == "check":
        page.get_by_role("button", name="Check what it takes").click()
        page.wait_for_url("**/check/")


def _names() -> list[str]:
    parser = argparse.ArgumentParser(prog="bin/pictures", description=__doc__)
    known: Any = [[], *PATHS]
    parser.add_argument("names", nargs="*", metavar="NAME", choices=known, help=", ".join(PATHS))
    return parser.parse_args().names or list(PATHS)


if __name__ == "__main__":
    sys.exit(main())
