"""Every method against the real sandbox process, and what went over the wire."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kaizala_admin.kaizala import (
    Action,
    ActionProperty,
    ActionResponse,
    Announcement,
    CallRecord,
    CustomAction,
    ExpiredToken,
    GroupInfo,
    Job,
    JobResponse,
    KaizalaClient,
    KaizalaError,
    LetsMeet,
    Media,
    NotSent,
    Place,
    Poll,
    PollChoice,
    Question,
    ReactionSummary,
    Refused,
    Survey,
    SurveyResponse,
    TextMessage,
    Throttled,
    UnknownOutcome,
    WebhookSubscription,
)
from tests.sandbox_process import SandboxProcess

NEWCOMER, SECOND = "+919800000001", "+919800000002"
PACKAGE = "com.example.visit"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489") + bytes(40)
RATE = 1_000_000


class World:
    """The sandbox, a client with a tenant-level token, and a look at the last call."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        state = sandbox.get("/sandbox/state")
        self.connector = state["connectors"][0]
        self.public = state["publicGroups"][0]["groupId"]
        tokens = self.connector["refreshTokens"]
        self.refresh_token = next(item["refreshToken"] for item in tokens if item["kind"] == "tenant")
        # A login ends the older tokens of that person: the PIN tests take somebody else's.
        self.user_phone = next(item["phone"] for item in tokens if item["kind"] == "user")
        self.records: list[CallRecord] = []
        self.client = self.new_client(self.refresh_token, on_call=self.records.append)

    def new_client(self, refresh_token: str, **options: Any) -> KaizalaClient:
        app, secret = self.connector["applicationId"], self.connector["applicationSecret"]
        return KaizalaClient(self.sandbox.url, app, secret, refresh_token, **options)

    def last(self) -> tuple[str, str, str, Any]:
        """Operation, method, path and body of the last call, as the sandbox saw them."""
        (call,) = self.sandbox.get("/sandbox/calls/recent", limit=1)
        body = json.loads(call["body"]) if call["body"] else None
        return call["operation"], call["method"], call["path"], body

    def received(self, text: str) -> list[str]:
        """The phones that got this text, once a copy."""
        rows = self.sandbox.get("/sandbox/ledger", text=text, limit=1000)["rows"]
        return sorted(row["mobileNumber"] for row in rows)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("contract")
    options = {"people": 300, "no_answers": True, "connector_rate": RATE, "tenant_rate": RATE}
    with SandboxProcess(folder, **options) as sandbox:
        yield World(sandbox)


@pytest.fixture(scope="module")
def group(world: World) -> str:
    """A group of our own, with two members beside the caller."""
    return world.client.create_group("Contract", "Welcome", [NEWCOMER, SECOND]).group_id


def test_generate_pin_and_get_refresh_token(world: World) -> None:
    client = world.new_client("")
    client.generate_pin(phone := world.user_phone)
    app = world.connector["applicationId"]
    body = {"mobileNumber": phone, "applicationId": app}
    assert world.last() == ("generate_pin", "POST", "/v1/generatePin", body)
    pin = world.sandbox.get("/sandbox/pins")[0]["pin"]
    login = client.get_refresh_token(phone, pin)
    secret = world.connector["applicationSecret"]
    operation, method, path, sent = world.last()
    assert (operation, method, path) == ("get_refresh_token", "POST", "/v1/loginWithPinAndApplicationId")
    assert sent == {**body, "applicationSecret": secret, "pin": pin}
    assert login.refresh_token
    assert login.expires_at is not None
    assert timedelta(days=364) < login.expires_at - datetime.now(UTC) < timedelta(days=366)
    assert client.fetch_groups() != ()


def test_a_wrong_pin_is_refused_in_words(world: World) -> None:
    client = world.new_client("")
    client.generate_pin(phone := world.user_phone)
    right = world.sandbox.get("/sandbox/pins")[0]["pin"]
    wrong = f"{(int(right) + 1) % 10 ** len(right):0{len(right)}}"
    with pytest.raises(KaizalaError) as caught:
        client.get_refresh_token(phone, wrong)
    assert isinstance(caught.value, Refused | ExpiredToken)
    assert caught.value.message.startswith("Kaizala said no: ")
    assert wrong not in caught.value.message


def test_generate_access_token(world: World) -> None:
    access = world.new_client(world.refresh_token).generate_access_token()
    assert world.last() == ("generate_access_token", "GET", "/v1/accessToken", None)
    assert access.endpoint_url == world.sandbox.url
    assert timedelta(hours=23) < access.expires_at - datetime.now(UTC) <= timedelta(hours=24, minutes=1)
    assert access.scope


def test_fetch_groups(world: World) -> None:
    found = world.client.fetch_groups(show_details=True, all_groups=True)
    assert world.last() == ("fetch_groups", "GET", "/v1/groups?showDetail=true&fetchAllGroups=true", None)
    seeded = world.sandbox.get("/sandbox/state")["groups"]
    names = {item.group_id: (item.name, item.group_type) for item in found}
    assert names == {item["groupId"]: (item["name"], item["groupType"]) for item in seeded}
    assert all(item.user_count is not None for item in found)


def test_fetch_group(world: World, group: str) -> None:
    found = world.client.fetch_group(group)
    assert world.last() == ("fetch_group", "GET", f"/v1/groups/{group}", None)
    assert (found.group_id, found.name, found.group_type) == (group, "Contract", "Group")


def test_create_group(world: World) -> None:
    made = world.client.create_group("News", "Hello", [NEWCOMER], "ConnectGroup")
    body = {"name": "News", "welcomeMessage": "Hello", "members": [NEWCOMER], "groupType": "ConnectGroup"}
    assert world.last() == ("create_group", "POST", "/v1/groups", body)
    assert (made.name, made.members_added) == ("News", True)
    assert world.client.fetch_group(made.group_id).group_type == "ConnectGroup"


def test_sub_groups_are_made_linked_listed_and_unlinked(world: World) -> None:
    client = world.client
    top = client.create_group("Top", "Hello").group_id
    made = client.create_subgroup(top, "Below", "Hello", [SECOND], add_caller=False)
    operation, method, path, body = world.last()
    assert (operation, method, path) == ("create_subgroup", "POST", f"/v1/groups/{top}/subGroups")
    assert body == {
        "name": "Below",
        "groupName": "Below",
        "welcomeMessage": "Hello",
        "members": [SECOND],
        "addUserToGroup": False,
    }
    other = client.create_group("Other", "Hello").group_id
    client.add_subgroups(top, [other])
    assert world.last() == ("add_subgroups", "PUT", f"/v1/groups/{top}/subGroups", {"subGroups": [other]})
    between = client.create_subgroup(top, "Between", "Hello").group_id
    client.add_subgroups(between, [other])
    tree = client.fetch_subgroups(top, all_groups=True)
    assert world.last() == ("fetch_subgroups", "GET", f"/v1/groups/{top}/subGroups?fetchAllGroups=true", None)
    assert (tree.group_id, tree.name) == (top, "Top")
    assert {item.group_id for item in tree.sub_groups} == {made.group_id, between, other}
    assert sorted(_names(tree)) == ["Below", "Between", "Other", "Other"]
    client.remove_subgroup(top, other)
    assert world.last() == ("remove_subgroup", "DELETE", f"/v1/groups/{top}/subGroups/{other}", None)
    left = {item.group_id for item in client.fetch_subgroups(top).sub_groups}
    assert left == {made.group_id, between}


def _names(tree: GroupInfo) -> list[str]:
    return [name for item in tree.sub_groups for name in (item.name, *_names(item))]


def test_members_are_added_listed_promoted_and_removed(world: World) -> None:
    client, phone = world.client, "+919800000003"
    group = client.create_group("People", "Hello").group_id
    client.add_members(group, [phone])
    path = f"/v1/groups/{group}/members"
    assert world.last() == ("add_members", "PUT", path, {"members": [phone]})
    (person,) = [item for item in client.fetch_members(group) if item.mobile_number == phone]
    assert world.last() == ("fetch_members", "GET", path, None)
    assert (person.role, person.is_provisioned) == ("Member", False)
    client.set_member_role(group, person.person_id, "Admin")
    assert world.last() == ("set_member_role", "PUT", f"{path}/{person.person_id}", {"role": "Admin"})
    (person,) = [item for item in client.fetch_members(group) if item.mobile_number == phone]
    assert person.role == "Admin"
    client.remove_member(group, person.person_id)
    assert world.last() == ("remove_member", "DELETE", f"{path}/{person.person_id}", None)
    assert phone not in [item.mobile_number for item in client.fetch_members(group)]


def test_subscribers_are_listed_page_by_page(world: World) -> None:
    client, seen, cursor = world.client, list[str](), None
    while True:
        page = client.fetch_subscribers(world.public, cursor, 20)
        sent = {"count": 20} if cursor is None else {"count": 20, "cursor": cursor}
        assert world.last() == ("fetch_subscribers", "POST", f"/v1/groups/{world.public}/subscribers", sent)
        seen += [person.person_id for person in page.subscribers]
        if page.cursor is None:
            break
        assert len(page.subscribers) == 20
        cursor = page.cursor
    (count,) = [
        item["subscribers"]
        for item in world.sandbox.get("/sandbox/state")["publicGroups"]
        if item["groupId"] == world.public
    ]
    assert len(seen) == len(set(seen)) == count


def test_subscribers_are_added_and_removed(world: World) -> None:
    client, public = world.client, world.public
    results = client.add_subscribers(public, [NEWCOMER, SECOND])
    path = f"/v1/groups/{public}/subscribers"
    body = {"subscribers": [NEWCOMER, SECOND]}
    assert world.last() == ("add_subscribers", "PUT", f"{path}/add", body)
    assert {number: result.done for number, result in results.items()} == {NEWCOMER: True, SECOND: True}
    results = client.remove_subscribers(public, [NEWCOMER, SECOND])
    assert world.last() == ("remove_subscribers", "PUT", f"{path}/remove", body)
    assert {number: result.done for number, result in results.items()} == {NEWCOMER: True, SECOND: True}


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


def _actions(resource: str) -> list[Action]:
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    place = Place(18.52, 73.85, "Pune")
    question = Question("How much?", "Numeric")
    return [
        Announcement("Rain", "It will rain", (resource,)),
        Poll("Tea?", (PollChoice("Yes"), PollChoice("No")), 24),
        Job("Dig", (NEWCOMER,), 48),
        LetsMeet("Talk", tomorrow, 45, place, "All"),
        Survey("Rain", (question,), 24, visibility="2", description="Weekly"),
        CustomAction(PACKAGE, "Visit", 24, (question,), (ActionProperty("place", "Pune"),)),
    ]


def test_every_kind_of_action_is_sent(world: World, group: str) -> None:
    resource = world.client.upload_media([("field.png", PNG, "image/png")])
    for action in _actions(resource):
        sent = world.client.send_action(group, action)
        path = f"/v1/groups/{group}/actions"
        assert world.last() == ("send_action", "POST", path, action.envelope())
        assert sent.reference_id
        assert bool(sent.action_id) == (not isinstance(action, Announcement))


def test_an_action_is_sent_to_chosen_subscribers_and_to_all(world: World) -> None:
    people = world.client.fetch_subscribers(world.public).subscribers
    phones = [person.mobile_number for person in people if person.mobile_number][:2]
    action = Poll("Chosen?", (PollChoice("Yes"), PollChoice("No")))
    sent = world.client.send_action_to_subscribers(world.public, action, phones)
    operation, method, path, body = world.last()
    assert (operation, method) == ("send_action_to_subscribers", "POST")
    assert path == f"/v1/groups/{world.public}/actions"
    assert body == {**action.envelope(), "subscribers": phones}
    assert sent.action_id
    world.client.send_action_to_subscribers(world.public, action, send_to_all=True)
    assert world.last()[3] == {**action.envelope(), "sendToAllSubscribers": True}


def test_actions_are_listed_and_paged_by_time(world: World) -> None:
    group = world.client.create_group("Jobs", "Hello", [NEWCOMER]).group_id
    start = datetime.now(UTC) - timedelta(minutes=5)
    ids = [world.client.send_action(group, Job(f"Dig {n}", (NEWCOMER,))).action_id for n in range(3)]
    page = world.client.fetch_actions(group, "Job", start, 2)
    query = f"actionType=Job&fromDate={int(start.timestamp())}&count=2"
    assert world.last() == ("fetch_actions", "GET", f"/v1/groups/{group}/actions?{query}", None)
    assert ([item.action_id for item in page.actions], page.has_more) == (ids[:2], True)
    assert {(item.action_type, item.title[:3]) for item in page.actions} == {("Job", "Dig")}
    assert all(item.sent_at and item.reference_id and item.sender for item in page.actions)


def test_a_survey_is_answered_changed_and_read(world: World, group: str) -> None:
    questions = (
        Question("Name"),
        Question("Crop", "SingleOption", ("Rice", "Maize")),
        Question("Ha", "Numeric"),
    )
    action_id = world.client.send_action(group, Survey("Fields", questions)).action_id
    path = f"/v1/groups/{group}/actions/{action_id}/responses"
    answer = SurveyResponse(("Asha", "Rice", 2.5))
    response_id = world.client.post_survey_response(group, action_id, answer)
    operation, method, sent_path, body = world.last()
    assert operation in ("post_survey_response", "post_action_response")
    assert (method, sent_path, body) == ("POST", path, answer.envelope())
    changed = SurveyResponse(("Asha", "Maize", 3), response_id=response_id)
    assert world.client.post_survey_response(group, action_id, changed) == response_id
    details = world.client.fetch_action(group, action_id)
    query = f"/v1/groups/{group}/actions/{action_id}?getDetails=true"
    assert world.last() == ("fetch_action", "GET", query, None)
    assert (details.action_id, details.action_type, details.title) == (action_id, "Survey", "Fields")
    (response,) = details.responses
    assert response.response_id == response_id
    visible = [(row.title, row.answer) for row in response.answers if not row.is_invisible]
    assert visible == [("Name", "Asha"), ("Crop", ["Maize"]), ("Ha", 3)]
    assert world.client.fetch_action(group, action_id, details=False).responses == ()


def test_a_job_is_done_and_read(world: World, group: str) -> None:
    me = world.connector["refreshTokens"][0]["phone"]
    action_id = world.client.send_action(group, Job("Dig", (me,))).action_id
    assert world.client.post_action_response(group, action_id, JobResponse(True))
    assert world.last()[3] == {"actionType": "Job", "actionBody": {"isCompleted": True}}
    (response,) = world.client.fetch_action(group, action_id).responses
    assert (response.responder, response.is_completed) == (me, True)


def test_a_custom_action_is_answered_and_its_properties_are_changed(world: World, group: str) -> None:
    action = CustomAction(PACKAGE, "Visit", questions=(Question("Where?"),))
    action_id = world.client.send_action(group, action).action_id
    response = ActionResponse(PACKAGE, ("Pune",))
    assert world.client.post_action_response(group, action_id, response)
    assert world.last()[3] == response.envelope()
    world.client.update_action_properties(group, action_id, [ActionProperty("state", "open")])
    _, method, path, body = world.last()
    assert method == "PUT"
    assert path == f"/v1/groups/{group}/actions/{action_id}/properties"
    assert body == {
        "version": -1,
        "notificationTargetGroup": group,
        "actionProperties": [{"propertyType": "Custom", "name": "state", "type": "Text", "value": "open"}],
    }
    details = world.client.fetch_action(group, action_id)
    assert details.action_type == ""
    assert details.details["properties"] == [{"name": "state", "type": "Text", "value": "open"}]


def test_people_are_reminded(world: World, group: str) -> None:
    action_id = world.client.send_action(group, Survey("Late", (Question("Name"),))).action_id
    sent = world.client.send_reminder(group, action_id)
    path = f"/v1/groups/{group}/actions/{action_id}/reminder"
    assert world.last() == ("send_reminder", "POST", path, {})
    assert (bool(sent.reference_id), sent.action_id) == (True, action_id)


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


def test_an_unknown_group_is_refused(world: World) -> None:
    with pytest.raises(Refused) as caught:
        world.client.fetch_group("00000000-0000-0000-0000-000000000000")
    assert caught.value.status == 404
    assert caught.value.code


@pytest.mark.parametrize(
    ("fault", "error", "copies"),
    [
        ({"kind": "error-before", "status": 503}, UnknownOutcome, 0),
        ({"kind": "error-after", "status": 500}, UnknownOutcome, 1),
        ({"kind": "cut-before"}, UnknownOutcome, 0),
        ({"kind": "cut-after"}, UnknownOutcome, 1),
        ({"kind": "html"}, UnknownOutcome, None),
        ({"kind": "half"}, UnknownOutcome, None),
        ({"kind": "hang-after", "seconds": 3}, UnknownOutcome, 1),
        ({"kind": "throttle", "retryAfter": 7}, Throttled, 0),
        ({"kind": "expired-token"}, ExpiredToken, 0),
        ({"kind": "moved", "location": "http://127.0.0.1:9/"}, NotSent, 0),
    ],
)
def test_a_fault_is_told_for_what_it_is(
    world: World, group: str, fault: dict[str, Any], error: type[KaizalaError], copies: int | None
) -> None:
    access = world.client.access or world.client.generate_access_token()
    client = world.new_client("", access=access, auto_refresh=False, read_timeout=1)
    text = f"contract fault {fault['kind']}"
    world.sandbox.post("/sandbox/faults", operation="send_message", times=1, **fault)
    with pytest.raises(error) as caught:
        client.send_message(group, text)
    world.sandbox.delete("/sandbox/faults")
    if isinstance(caught.value, Throttled):
        assert caught.value.retry_after == 7
    phones = world.received(text)
    assert len(phones) == len(set(phones))
    assert copies is None or bool(phones) == bool(copies)


def test_an_expired_token_is_renewed_without_being_noticed(world: World, group: str) -> None:
    world.sandbox.post("/sandbox/clock", advanceSeconds=25 * 3600)
    try:
        text = "contract after a day"
        world.client.send_message(group, text)
        phones = world.received(text)
        assert len(phones) == len(set(phones)) >= 1
    finally:
        world.sandbox.post("/sandbox/clock", reset=True)


def test_a_refresh_token_rotates_near_its_end(world: World) -> None:
    world.sandbox.post("/sandbox/clock", advanceSeconds=330 * 86_400)
    try:
        client = world.new_client(world.refresh_token)
        access = client.generate_access_token()
        assert access.refresh_token not in (None, world.refresh_token)
        assert client.refresh_token == access.refresh_token
        assert client.fetch_groups() != ()
    finally:
        world.sandbox.post("/sandbox/clock", reset=True)


def test_no_record_of_all_these_calls_holds_a_secret(world: World) -> None:
    assert world.client.access is not None
    secrets = (world.connector["applicationSecret"], world.refresh_token, world.client.access.access_token)
    assert world.records
    for record in world.records:
        kept = f"{record.path}{record.request}{record.answer}{record.error}"
        assert not [secret for secret in secrets if secret in kept]
        assert "eyJ" not in record.request
        assert len(record.request) <= 4000
        assert len(record.answer) <= 4000
