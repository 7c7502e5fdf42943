"""A member of staff at the console's pages: real requests, real forms, no pictures."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.flows.filling import pressed
from tests.flows.house import PASSWORD, House


class Staff:
    """An administrator who has signed in."""

    def __init__(self, house: House) -> None:
        house.administrator()
        self.web, self.root = requests.Session(), house.web_url
        self.web.trust_env = False
        self.fill("/admin/login/", username="admin", password=PASSWORD)

    def look(self, path: str, **query: Any) -> requests.Response:
        """A page or a file."""
        answer = self.web.get(f"{self.root}{path}", params=query, timeout=30)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer

    def fill(self, path: str, files: Any = None, **form: Any) -> requests.Response:
        """Opens the form at this address, fills in fields that it has, sends it."""
        shown = self.look(path).text
        missing = [name for name in (*form, *(files or {})) if f'name="{name}"' not in shown]
        assert missing == [], (path, missing)
        return self._send(path, files, form)

    def press(self, path: str, files: Any = None, **form: Any) -> requests.Response:
        """What a button of another page sends; `confirmed` is the answer to its question."""
        return self._send(path, files, form)

    def click(self, path: str, action: str, **chosen: Any) -> requests.Response:
        """Presses the button for `action` that this page really shows, with what it offers."""
        return self._send(action, None, pressed(self.look(path).text, path, action, **chosen))

    def follow(self, path: str, end: str) -> requests.Response:
        """Opens the link of this page whose address ends so."""
        (address,) = set(re.findall(rf'href="([^"?]*{re.escape(end)})"', self.look(path).text))
        return self.look(address)

    def agree(self, question: requests.Response, **typed: Any) -> requests.Response:
        """Says yes to the question that this page asks."""
        own = urlsplit(question.url).path
        return self._send(own, None, pressed(question.text, own, own, confirmed="yes", **typed))

    def _send(self, path: str, files: Any, form: dict[str, Any]) -> requests.Response:
        data = {**form, "csrfmiddlewaretoken": self.web.cookies.get("csrftoken", "")}
        referer = {"Referer": f"{self.root}/admin/"}
        answer = self.web.post(f"{self.root}{path}", data=data, files=files, headers=referer, timeout=30)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer
