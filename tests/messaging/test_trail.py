"""What stands in the audit log is told in words that can be translated."""

import ast
from collections.abc import Callable
from pathlib import Path

from django.contrib.auth.models import User
from django.test import Client

from messaging import services
from messaging.trail_words import DID
from messaging.views.base import url

from .conftest import GROUPS, Org

OF_OTHERS = {"do not contact", "contact again"}  # of a tenant, and of a number


def test_every_verb_that_a_service_notes_has_its_words() -> None:
    noted = set()
    for path in Path(str(services.__file__)).parents[1].rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "trail.note":
                noted |= {one.value for one in call.args[2:3] if isinstance(one, ast.Constant)}
    assert len(noted) > 20
    assert noted - OF_OTHERS - set(DID) == set()


def test_the_page_of_a_broadcast_tells_who_did_what_to_it(
    org: Org, person: Callable[[str], User], signed_in: Callable[[str], Client]
) -> None:
    row = org.launched(GROUPS, [org.group()])
    assert services.pause(row, person("Operator")) is True
    assert services.resume(row, person("Approver")) is True
    client = signed_in("Viewer")
    page = client.get(url("progress", row.pk))
    told = ["approver let it go on", "operator paused it", "The console sent it", "The console wrote it"]
    assert [did for _entry, did in page.context["trail"]] == told
    assert "operator paused it" in page.content.decode()
    part = client.get(url("progress", row.pk), headers={"HX-Request": "true"})
    assert part.context["trail"] == []
