"""A form of a page, filled and sent as a browser does it: what stands in it goes along, and no other name."""

from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.test.html import Element, parse_html

Given = dict[str, list[str]]


def fill(client: Client, path: str, **typed: Any) -> Any:
    """Opens the page, types into the form that has all these fields, sends it to its own address."""
    page: Any = client.get(path)
    assert page.status_code == 200, (path, page.status_code)
    for form in _of(parse_html(page.content.decode()), "form"):
        attributes = dict(form.attributes)
        names, stands = _names(form), _stands(form)
        if attributes.get("method") == "post" and typed.keys() <= names:
            return client.post(attributes.get("action") or path, {**stands, **typed})
    raise AssertionError(f"{path} has no form with all of {sorted(typed)}")


def _of(root: Any, *tags: str) -> Iterator[Element]:
    for child in root.children:
        if isinstance(child, Element):
            if child.name in tags:
                yield child
            yield from _of(child, *tags)


def _names(form: Element) -> set[str]:
    """Also of files, whose fields a script makes once one is chosen."""
    found = [dict(one.attributes) for one in _of(form, "input", "select", "textarea", "button", "fieldset")]
    return {str(one.get("name") or one.get("data-media")) for one in found}


def _stands(form: Element) -> Given:
    """What would be sent untouched."""
    found: Given = {}
    for one in _of(form, "input", "select", "textarea"):
        of = dict(one.attributes)
        name, kind = str(of.get("name", "")), of.get("type", "text")
        if one.name == "textarea":
            found.setdefault(name, []).append("".join(map(str, one.children)))
        elif one.name == "select":
            chosen = [dict(option.attributes) for option in _of(one, "option")]
            found[name] = [str(option["value"]) for option in chosen if "selected" in option][:1]
        elif kind not in ("file", "submit", "checkbox", "radio") or "checked" in of:
            found.setdefault(name, []).append(str(of.get("value", "")))
    return found
