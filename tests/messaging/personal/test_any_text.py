"""Whatever is written with placeholders: it is refused before it is queued, or each call renders."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from messaging import kinds, services
from messaging.audience import Expression, Include
from messaging.models import Broadcast, Dispatch
from messaging.personal import text
from messaging.personal.sent import content_of
from tests.messaging.conftest import Org, Recorder, number

from .test_sending import sheet

GOOD = ["{name|there}", "{Village|é}", "{due|}", "{due| {{} }", "a", "א", "{{", "}}", "{name|a}"]
ODD = ["{name}", "{first name}", "{village}", "{x}", "{", "}", "{}", "{name", "|", " ", "\n"]
PIECE = st.sampled_from([*GOOD * 6, *ODD])
MADE = st.lists(PIECE, min_size=1, max_size=3).map("".join)
PLAIN = st.sampled_from([MADE, MADE, MADE, MADE, st.text(max_size=3)]).flatmap(lambda some: some)


def _poll(question: str, choices: list[str]) -> tuple[str, dict[str, Any]]:
    rows = [{"title": one, "picture": 0} for one in choices]
    return "poll", {"question": question, "choices": rows, "expires_in_hours": 24}


def _survey(headline: str, title: str, options: list[str]) -> tuple[str, dict[str, Any]]:
    asked = {"title": title, "type": "SingleOption", "options": options, "hidden": False}
    return "survey", {"headline": headline, "questions": [asked], "due_in_hours": 24, "visibility": "0"}


TWO = st.lists(PLAIN, min_size=2, max_size=2)
SAID = (
    PLAIN.map(lambda said: ("text", {"message": said}))
    | st.builds(_poll, PLAIN, TWO)
    | st.builds(_survey, PLAIN, PLAIN, TWO)
)
VALUES: dict[str, dict[str, str]] = {
    "": {},  # a whole group
    number(1): {"name": "Asha Rao", "first_name": "Asha", "village": "Puri", "due": "5"},
    number(2): {"name": "", "first_name": "", "village": "Cuttack", "due": ""},
    number(3): {"name": "{x} נועה", "first_name": "{x}", "village": "", "due": "7"},
}


@given(SAID, st.sampled_from([False, False, False, True]))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_refused_before_it_is_queued_or_every_call_renders(
    org: Org, said: tuple[str, dict[str, Any]], to_group: bool
) -> None:
    kind, content = said
    form: Any = kinds.get(kind).form(content)
    if not form.is_valid():
        event("refused at its field")
        return
    with transaction.atomic():
        _check_and_launch(_draft(org, kind, form.cleaned_data, to_group=to_group))
        transaction.set_rollback(True)


def _draft(org: Org, kind: str, content: dict[str, Any], *, to_group: bool) -> Broadcast:
    followers = org.public().subscribers
    for mobile, values in VALUES.items():
        followers.filter(mobile_number=mobile).update(name=values.get("name", ""))
    return services.save_draft(
        tenant=org.tenant,
        choice=Expression(
            Include(groups=(org.group().pk,)) if to_group else Include(numbers=True), mode="mix"
        ),
        content=content,
        by=None,
        kind=kind,
        numbers=None if to_group else sheet(),
    )


def _check_and_launch(draft: Broadcast) -> None:
    check = services.check(draft)
    event(f"{draft.kind}: {'blocked' if check.blockers else 'sent'}")
    if check.blockers:
        with pytest.raises(services.CannotLaunch):
            services.launch(draft, None, check.people)
        assert not draft.dispatches.exists()
        return
    assert services.launch(draft, None, check.people) is True
    calls = list(Dispatch.objects.filter(broadcast=draft).select_related("broadcast", "group"))
    assert sum(call.people for call in calls) == check.people == 3
    for call in calls:
        _renders(call)


def _renders(call: Dispatch) -> None:
    """Each text is what the values of each of its people make of it, and keeps Kaizala's limits."""
    kind, sent = kinds.get(call.broadcast.kind), content_of(call)
    for mobile in call.deliveries.values_list("mobile_number", flat=True):
        meant = [
            text.render(text.parse(one), VALUES[mobile]).strip() for one in _texts(call.broadcast.content)
        ]
        assert [one.strip() for one in _texts(sent)] == meant
    if isinstance(kind, kinds.ActionKind):
        kind.action({**sent, "resources": {}})
    else:
        call.perform(Recorder())  # type: ignore[arg-type]


def _texts(value: Any, name: str = "") -> Iterator[str]:
    """The words of a content, in their order."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, name)
    elif isinstance(value, str) and name in ("message", "question", "title", "options", "headline"):
        yield value
