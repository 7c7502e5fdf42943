"""What never leaves the machine: empty audiences, too many numbers, wrong numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kaizala_admin.kaizala import Announcement, InvalidInput, KaizalaClient

from .recorder import Recorder, Reply

PHONES = [f"+9198765{number:05}" for number in range(101)]
ACTION = Announcement("t", "m")

Try = Callable[[KaizalaClient], object]


@pytest.mark.parametrize(
    ("attempt", "field"),
    [
        (lambda c: c.send_message_to_subscribers("g", "x"), "mobile_numbers"),
        (lambda c: c.send_message_to_subscribers("g", "x", []), "mobile_numbers"),
        (lambda c: c.send_message_to_subscribers("g", "x", iter(())), "mobile_numbers"),
        (lambda c: c.send_message_to_subscribers("g", "x", PHONES), "mobile_numbers"),
        (lambda c: c.send_message_to_subscribers("g", "x", PHONES[0]), "mobile_numbers"),
        (lambda c: c.send_message_to_subscribers("g", "x", PHONES[:1], send_to_all=True), "mobile_numbers"),
        (lambda c: c.send_message_to_subscribers("g", "x", ["919876543212"]), "mobile_numbers"),
        (lambda c: c.send_action_to_subscribers("g", ACTION), "mobile_numbers"),
        (lambda c: c.send_action_to_subscribers("g", ACTION, PHONES), "mobile_numbers"),
        (lambda c: c.send_reminder("g", "a", ["12"]), "mobile_numbers"),
        (lambda c: c.send_reminder("g", "a", PHONES[:1], send_to_all=True), "mobile_numbers"),
        (lambda c: c.send_message("g", "x" * 4001), "message"),
        (lambda c: c.create_group("", "w"), "name"),
        (lambda c: c.create_group("n", ""), "welcome_message"),
        (lambda c: c.create_group("n", "w", PHONES), "members"),
        (lambda c: c.create_group("n", "w", group_type="Managed"), "group_type"),
        (lambda c: c.create_subgroup("g", "n", "w", PHONES), "members"),
        (lambda c: c.add_subgroups("g", []), "subgroup_ids"),
        (lambda c: c.add_subgroups("g", "abc"), "subgroup_ids"),
        (lambda c: c.remove_subgroup("g", ""), "subgroup_id"),
        (lambda c: c.add_members("g", []), "mobile_numbers"),
        (lambda c: c.add_members("g", PHONES), "mobile_numbers"),
        (lambda c: c.remove_member("g", ""), "member_id"),
        (lambda c: c.set_member_role("g", "m", "Owner"), "role"),
        (lambda c: c.fetch_subscribers("g", count=51), "count"),
        (lambda c: c.fetch_subscribers("g", count=0), "count"),
        (lambda c: c.add_subscribers("g", PHONES), "mobile_numbers"),
        (lambda c: c.remove_subscribers("g", []), "mobile_numbers"),
        (lambda c: c.upload_media([]), "files"),
        (lambda c: c.upload_media([("a.jpg", b"x", "")]), "files"),
        (lambda c: c.upload_media([("a.jpg", b"x", "image/jpeg\r\nX: y")]), "files"),
        (lambda c: c.fetch_actions("g", "Job", count=0), "count"),
        (lambda c: c.fetch_actions("g", "Job", from_date=-1), "from_date"),
        (lambda c: c.fetch_action("g", ""), "action_id"),
        (lambda c: c.fetch_webhooks("g", "Tenant"), "object_type"),
        (lambda c: c.update_webhook("w"), "changes"),
        (lambda c: c.add_reaction("g", "r", "Comment"), "comment"),
        (lambda c: c.add_reaction("g", "r", "Smile"), "reaction_type"),
        (lambda c: c.update_action_properties("g", "a", []), "properties"),
        (lambda c: c.generate_pin("12345"), "mobile_number"),
        (lambda c: c.generate_pin("+९१९८७६५४३२१२"), "mobile_number"),
    ],
)
def test_a_broken_limit_calls_nothing(
    server: Recorder, client: KaizalaClient, attempt: Try, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        attempt(client)
    assert (caught.value.field, server.seen) == (field, [])


def test_a_hundred_numbers_fit_in_one_call(server: Recorder, client: KaizalaClient) -> None:
    client.send_message_to_subscribers("g", "x", PHONES[:100])
    assert server.seen[0].json == {"message": "x", "subscribers": PHONES[:100]}


def test_a_number_that_is_named_twice_is_reached_once(server: Recorder, client: KaizalaClient) -> None:
    client.send_message_to_subscribers("g", "x", (PHONES[1], PHONES[0], PHONES[1]))
    assert server.seen[0].json["subscribers"] == [PHONES[1], PHONES[0]]


def test_all_subscribers_are_named_by_the_switch_alone(server: Recorder, client: KaizalaClient) -> None:
    client.send_message_to_subscribers("g", "x", send_to_all=True)
    assert server.seen[0].json == {"message": "x", "sendToAllSubscribers": True}


def test_a_reminder_needs_no_numbers(server: Recorder, client: KaizalaClient) -> None:
    client.send_reminder("g", "a")
    client.send_reminder("g", "a", send_to_all=True)
    assert [seen.json for seen in server.seen] == [{}, {"sendToAllSubscribers": True}]


def test_a_file_name_cannot_break_out_of_its_part(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(body={"mediaResource": "x"}))
    client.upload_media([('a"\r\nContent-Type: text/html\r\n\r\n.jpg', b"x", "image/jpeg")])
    assert server.seen[0].content.count(b"Content-Type:") == 2
    assert b"text/html\r\n" not in server.seen[0].content
