"""The same for messages, media, webhooks and reactions."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kaizala_admin.kaizala import (
    Media,
    ReactionSummary,
    Refused,
    TextMessage,
    WebhookSubscription,
)

from .world import PNG, World


def test_send_message_reaches_each_member_once(world: World, group: str) -> None:
    sent = world.client.send_message(group, "नमस्ते contract 👋")
    path = f"/v1/groups/{group}/messages"
    assert world.last() == ("send_message", "POST", path, {"message": "नमस्ते contract 👋"})
    assert (bool(sent.reference_id), sent.action_id, sent.failed) == (True, "", ())
    members = {person.mobile_number for person in world.client.fetch_members(group)}
    phones = world.received("नमस्ते contract 👋")
    assert set(phones) <= members
    assert len(phones) == len(set(phones)) >= 1


def test_send_message_to_chosen_subscribers_reaches_them_alone(world: World) -> None:
    people = world.client.fetch_subscribers(world.public).subscribers
    phones = [person.mobile_number for person in people if person.mobile_number][:3]
    message = TextMessage("contract chosen")
    sent = world.client.send_message_to_subscribers(world.public, message, phones)
    operation, method, path, body = world.last()
    assert (operation, method) == ("send_message_to_subscribers", "POST")
    assert path == f"/v1/groups/{world.public}/messages"
    assert body == {"message": "contract chosen", "subscribers": phones}
    assert world.received("contract chosen") == sorted(phones)
    reply = TextMessage("contract reply", sent.reference_id)
    world.client.send_message_to_subscribers(world.public, reply, phones[:1])
    assert world.last()[3]["replyToReferenceId"] == sent.reference_id


def test_a_stranger_among_the_chosen_is_named(world: World) -> None:
    sent = world.client.send_message_to_subscribers(world.public, "contract stranger", ["+5511999990000"])
    (failed,) = sent.failed
    assert failed.mobile_number == "+5511999990000"
    assert failed.reason
    assert world.received("contract stranger") == []


def test_send_message_to_all_subscribers(world: World) -> None:
    world.client.send_message_to_subscribers(world.public, "contract all", send_to_all=True)
    assert world.last()[3] == {"message": "contract all", "sendToAllSubscribers": True}
    phones = world.received("contract all")
    assert len(phones) == len(set(phones)) > 100


def test_media_is_uploaded_and_sent(world: World, group: str) -> None:
    resource = world.client.upload_media([("field.png", io.BytesIO(PNG), "image/png")])
    (call,) = world.sandbox.get("/sandbox/calls/recent", limit=1)
    assert (call["operation"], call["method"], call["path"]) == ("upload_media", "POST", "/v1/media")
    assert call["headers"]["Content-Type"].startswith("multipart/form-data; boundary=")
    sent = world.client.send_action(group, Media("Image", resource, "Field"))
    assert sent.reference_id
    album = world.client.upload_media([("a.png", PNG, "image/png"), ("b.png", PNG, "image/png")])
    assert world.client.send_action(group, Media("Album", album)).reference_id


def test_media_that_the_service_does_not_take_is_refused(world: World) -> None:
    with pytest.raises(Refused) as caught:
        world.client.upload_media([("x.exe", b"MZ", "application/x-msdownload")])
    assert caught.value.status == 415


def test_upload_media_from_url(world: World) -> None:
    url = "https://example.org/photos/field.png"
    resource = world.client.upload_media_from_url(url)
    assert world.last()[1:] == ("POST", "/v1/media/url", {"mediaUrl": url})
    assert resource


class _Hook(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        token = parse_qs(urlsplit(self.path).query)["validationToken"][0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(token)))
        self.end_headers()
        self.wfile.write(token)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def hook_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hook)
    thread = threading.Thread(target=server.serve_forever, args=(0.005,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_is_subscribed_listed_changed_and_ended(world: World, group: str, hook_url: str) -> None:
    client = world.client
    subscription = WebhookSubscription(group, "Group", ("MemberAdded",), hook_url, "tok", "ctx")
    webhook_id = client.subscribe_webhook(subscription)
    assert world.last() == ("subscribe_webhook", "POST", "/v1/webhook", subscription.body())
    (hook,) = client.fetch_webhooks(group, "Group")
    query = f"/v1/webhook?objectId={group}&objectType=Group"
    assert world.last() == ("fetch_webhooks", "GET", query, None)
    assert (hook.webhook_id, hook.object_id, hook.object_type) == (webhook_id, group, "Group")
    assert (hook.event_types, hook.callback_url) == (("MemberAdded",), hook_url)
    assert (hook.callback_token, hook.callback_context, hook.active) == ("tok", "ctx", True)
    assert hook.validity is not None
    assert timedelta(days=729) < hook.validity - datetime.now(UTC) < timedelta(days=732)
    until = datetime(2028, 1, 1, tzinfo=UTC)
    client.update_webhook(webhook_id, active=False, event_types=("MemberRemoved",), validity=until)
    operation, method, path, body = world.last()
    assert (operation, method, path) == ("update_webhook", "PUT", f"/v1/webhook/{webhook_id}")
    assert body == {"Active": "false", "eventTypes": ["MemberRemoved"], "validity": 1830297600000}
    (hook,) = client.fetch_webhooks(group, "Group")
    assert (hook.event_types, hook.active, hook.validity) == (("MemberRemoved",), False, until)
    client.update_webhook(webhook_id, active=True)
    assert client.fetch_webhooks(group, "Group")[0].active is True
    client.unsubscribe_webhook(webhook_id)
    assert world.last() == ("unsubscribe_webhook", "DELETE", f"/v1/webhook/{webhook_id}", None)
    assert client.fetch_webhooks(group, "Group") == ()


def test_reactions_are_added_summed_and_listed(world: World, group: str) -> None:
    client = world.client
    reference = client.send_message(group, "contract like me").reference_id
    like = client.add_reaction(group, reference, "Like")
    body = {"referenceId": reference, "sourceGroupId": group, "reactionType": "Like"}
    assert world.last() == ("add_reaction", "POST", f"/v1/groups/{group}/reaction", body)
    client.add_reaction(group, reference, "Comment", "Good")
    assert world.last()[3] == {**body, "reactionType": "Comment", "comment": "Good"}
    summary = client.fetch_reaction_summary(group, reference)
    path = f"/v1/groups/{group}/reaction/{reference}/summary?sourceGroupId={group}"
    assert world.last() == ("fetch_reaction_summary", "GET", path, None)
    assert summary.summaries == (ReactionSummary(reference, 1, 1),)
    page = client.fetch_reaction_summary(group)
    assert ReactionSummary(reference, 1, 1) in page.summaries
    reactions = client.fetch_reactions(group, reference, "Like")
    assert [item.reaction_id for item in reactions.reactions] == [like]
    assert reactions.reactions[0].last_modified is not None
