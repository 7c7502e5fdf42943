"""A form of a page, filled and sent as a browser does it: what stands in it goes along, and no other name."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.test import Client
from django.test.html import Element, parse_html

Given = dict[str, list[str]]
FIELDS = ("input", "select", "textarea")
FREE = ("text", "number", "search", "date", "time", "file")  # inputs into which anything may be typed


def fill(client: Client, path: str, **typed: Any) -> Any:
    """Opens the page, types into the form that has all these fields, sends it to its own address."""
    page: Any = client.get(path)
    assert page.status_code == 200, (path, page.status_code)
    for form in _of(parse_html(page.content.decode()), "form"):
        attributes = dict(form.attributes)
        names, stands = _names(form), _stands(_of(form, *FIELDS))
        if attributes.get("method") == "post" and typed.keys() <= names:
            return client.post(attributes.get("action") or path, {**stands, **typed})
    raise AssertionError(f"{path} has no form with all of {sorted(typed)}")


def pressed(html: str, own: str, action: str, **chosen: Any) -> dict[str, Any]:
    """What the button for the address `action` on this page, whose own address is `own`, sends.

    Raises AssertionError when no such button stands there, or none that offers what is chosen.
    """
    page = parse_html(html)
    for form in _of(page, "form"):
        of = dict(form.attributes)
        fields = [*_of(form, *FIELDS), *_elsewhere(page, of, *FIELDS)]
        buttons = [*_of(form, "button"), *_elsewhere(page, of, "button")]
        offered = all(_offers(fields, name, value) for name, value in chosen.items())
        if buttons and of.get("method") == "post" and (of.get("action") or own) == action and offered:
            return {**_stands(fields), **chosen}
    raise AssertionError(f"{own} has no button for {action} with {chosen}")


def _elsewhere(page: Any, form: dict[str, Any], *tags: str) -> list[Element]:
    """What stands outside of the form but names it."""
    return [
        one for one in _of(page, *tags) if form.get("id") and dict(one.attributes).get("form") == form["id"]
    ]


def _offers(fields: Iterable[Element], name: str, value: Any) -> bool:
    """Whether a field of this name can have the value, or all of them."""
    found = [one for one in fields if dict(one.attributes).get("name") == name]
    if any(one.name == "textarea" or dict(one.attributes).get("type", "text") in FREE for one in found):
        return True
    options = [option for one in found for option in (_of(one, "option") if one.name == "select" else [one])]
    values = {str(dict(option.attributes).get("value", "on")) for option in options}
    return {str(one) for one in (value if isinstance(value, list) else [value])} <= values


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


def _stands(fields: Iterable[Element]) -> Given:
    """What would be sent untouched."""
    found: Given = {}
    for one in fields:
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
