"""What evidence proves, and what it leaves open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import kinds
from messaging.evidence import identities, prints
from messaging.evidence.matching import Call, Remote, Verdict, judge

NOW = timezone.now()
LATER = NOW + timedelta(seconds=3)


def call(pk: int, action_id: str = "", *, in_doubt: bool = True, minutes: int = 0) -> Call:
    return Call(pk, NOW + timedelta(minutes=minutes), in_doubt, action_id)


def told(action_id: str = "", key: str = "", minutes: int = 0) -> Remote:
    return Remote(key or action_id or "event:1", action_id, LATER + timedelta(minutes=minutes))


def verdict(mine: Call, others: list[Call], remote: list[Remote]) -> Verdict:
    return judge(mine, [mine, *others], remote)[0]


def test_one_call_and_one_post_belong_together() -> None:
    assert judge(call(1), [call(1)], [told("a-1")]) == (Verdict.FOUND, told("a-1"))
    assert verdict(call(1), [], [told()]) == Verdict.FOUND


def test_without_a_post_nothing_is_proven() -> None:
    assert verdict(call(1), [], []) == Verdict.NOTHING


def test_two_equal_calls_and_one_post_stay_open() -> None:
    assert verdict(call(1), [call(2)], [told("a-1")]) == Verdict.ALIKE
    assert verdict(call(1), [call(2)], [told()]) == Verdict.ALIKE


def test_two_equal_calls_and_two_posts_stay_open_too() -> None:
    assert verdict(call(1), [call(2)], [told("a-1"), told("a-2")]) == Verdict.ALIKE


def test_a_post_that_another_call_made_is_no_proof() -> None:
    sent = call(2, "a-1", in_doubt=False)
    assert verdict(call(1), [sent], [told("a-1")]) == Verdict.NOTHING
    assert judge(call(1), [call(1), sent], [told("a-1"), told("a-2")]) == (Verdict.FOUND, told("a-2"))


def test_an_equal_text_that_was_sent_makes_a_text_no_proof() -> None:
    assert verdict(call(1), [call(2, in_doubt=False)], [told(), told(key="event:2")]) == Verdict.ALIKE


def test_a_text_that_is_told_twice_is_still_one_proof() -> None:
    assert verdict(call(1), [], [told(), told(key="event:2")]) == Verdict.FOUND


def test_what_was_told_before_the_call_or_days_after_is_no_proof() -> None:
    assert verdict(call(1), [], [told(minutes=-1)]) == Verdict.NOTHING
    assert verdict(call(1), [], [told(minutes=3 * 24 * 60)]) == Verdict.NOTHING


def test_an_equal_call_of_last_week_is_no_rival() -> None:
    assert verdict(call(1), [call(2, minutes=-7 * 24 * 60)], [told()]) == Verdict.FOUND


@pytest.mark.parametrize("kind", ["text", "announcement", "survey", "job", "poll", "lets_meet"])
def test_spaces_and_line_ends_do_not_count(kind: str) -> None:
    content = {"message": "a  b\r\nc ", "headline": "x  y", "question": "x\ny"}
    other = {"message": "a b\nc", "headline": "x y", "question": "x y"}
    assert prints.of_content(kind, content) == prints.of_content(kind, other) != ""


@pytest.mark.parametrize("kind", prints.MEDIA)
def test_media_are_told_apart_by_caption_and_files_not_by_a_caption_alone(kind: str) -> None:
    mine = prints.of_content(kind, {"caption": "Our field"}, ["b.jpg", "a.jpg"])
    assert mine == prints.of_content(kind, {"caption": " Our  field"}, ["a.jpg", "b.jpg"]) != ""
    assert prints.of_content(kind, {"caption": ""}, ["a.jpg"]) != ""
    others = [prints.of_content(kind, {"caption": "Our field"}, ["c.jpg"]), prints.of_content(kind, {}, [])]
    assert mine not in others
    assert others[1] == ""


def test_every_kind_that_can_be_sent_is_told_of_in_events_or_has_no_print() -> None:
    assert {*prints.KINDS, *prints.MEDIA} == set(kinds.every())
    told = {name for name, _fields in prints.EVENTS.values()}
    assert {name for name, _fields in prints.KINDS.values()} | {"Media"} == told


def test_what_cannot_be_told_apart_has_no_print() -> None:
    assert prints.of_content("image", {"caption": "x"}) == ""
    assert prints.of_content("text", {}) == ""


def test_people_are_known_by_number_or_by_id_without_its_shard() -> None:
    ours = identities.Ourselves(frozenset(["guid-1"]), frozenset(["919876543210"]))
    assert ours.posted("GUID-1@3", "")
    assert ours.posted("", "+91 98765 43210")
    assert not ours.posted("", "")
    assert not ours.posted("guid-2", "+919876543211")
