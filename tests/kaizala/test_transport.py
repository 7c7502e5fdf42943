"""How calls travel: headers, moves, records, connections."""

from __future__ import annotations

import json
import logging
import re

import pytest

from kaizala_admin.kaizala import (
    CallRecord,
    ExpiredToken,
    HostNotAllowed,
    InvalidInput,
    NotSent,
    Person,
    Refused,
    Sent,
    Throttled,
    new_session,
    shared_session,
)

from .conftest import MakeClient
from .recorder import GOOD_TOKEN, Recorder, Reply

PERSON = Person("p-1", "+919876543212", "Asha", "", True, "Admin")


def test_a_call_carries_the_token_and_the_documented_json(server: Recorder, make_client: MakeClient) -> None:
    make_client().send_message("74c1-22@1", "नमस्ते 👋")
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/v1/groups/74c1-22@1/messages")
    assert seen.headers["accessToken"] == GOOD_TOKEN
    assert seen.headers["Content-Type"] == "application/json"
    assert "applicationSecret" not in seen.headers
    assert seen.content == '{"message":"नमस्ते 👋"}'.encode()


def test_ids_go_percent_encoded_but_for_the_at_sign(server: Recorder, make_client: MakeClient) -> None:
    make_client().send_message("a/b ?#@2", "x")
    assert server.seen[0].path == "/v1/groups/a%2Fb%20%3F%23@2/messages"


@pytest.mark.parametrize("bad", ["", ".", "..", " g", "g\n"])
def test_what_is_no_id_is_never_sent(server: Recorder, make_client: MakeClient, bad: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_client().send_message(bad, "x")
    assert (caught.value.field, server.seen) == ("group_id", [])


def test_one_connection_serves_many_calls(server: Recorder, make_client: MakeClient) -> None:
    client = make_client()
    for _ in range(5):
        client.send_message("g", "x")
    assert len({seen.port for seen in server.seen}) == 1


def test_a_process_shares_one_pool() -> None:
    assert shared_session() is shared_session()
    assert shared_session().trust_env is False


def test_the_environment_names_no_proxy(
    server: Recorder, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert make_client().send_message("g", "x") == Sent("r-1")


def test_cookies_are_not_kept(server: Recorder, make_client: MakeClient) -> None:
    server.answer(Reply(headers={"Set-Cookie": "affinity=1"}))
    client = make_client()
    client.send_message("g", "x")
    client.send_message("g", "x")
    assert [seen.headers["Cookie"] for seen in server.seen] == [None, None]


def test_308_keeps_method_body_and_headers(
    server: Recorder, other_server: Recorder, make_client: MakeClient
) -> None:
    server.answer(Reply(308, b"", {"Location": f"{other_server.url}/"}))
    moves: list[str] = []
    client = make_client(allowed_hosts=[other_server.host], on_moved=moves.append)
    assert client.send_message("g", "x") == Sent("r-1")
    (first,), (second,) = server.seen, other_server.seen
    assert (second.method, second.path, second.content) == (first.method, first.path, first.content)
    assert second.headers["accessToken"] == GOOD_TOKEN
    assert moves == [other_server.url]
    client.send_message("g", "x")
    assert (len(server.seen), len(other_server.seen), moves) == (1, 2, [other_server.url])


def test_308_that_names_the_whole_call_means_its_endpoint(
    server: Recorder, other_server: Recorder, make_client: MakeClient
) -> None:
    server.answer(Reply(308, b"", {"Location": f"{other_server.url}/v1/groups/g/messages?a=b"}))
    make_client(allowed_hosts=[other_server.host]).send_message("g", "x")
    assert other_server.seen[0].path == "/v1/groups/g/messages"


def test_308_keeps_the_query_and_an_upload(
    server: Recorder, other_server: Recorder, make_client: MakeClient
) -> None:
    client = make_client(allowed_hosts=[other_server.host])
    server.answer(Reply(308, b"", {"Location": other_server.url}))
    other_server.answer(Reply(body={"groups": []}), Reply(body={"mediaResource": "bWVkaWE="}))
    assert client.fetch_groups(all_groups=True) == ()
    assert other_server.seen[0].path == "/v1/groups?showDetail=false&fetchAllGroups=true"
    again = make_client(allowed_hosts=[other_server.host])
    assert again.upload_media([("a.jpg", b"\xff\xd8\xff", "image/jpeg")]) == "bWVkaWE="
    assert server.seen[1].content == other_server.seen[1].content
    assert b'name="files"; filename="a.jpg"\r\nContent-Type: image/jpeg' in server.seen[1].content
    assert server.seen[1].headers["Content-Type"] == other_server.seen[1].headers["Content-Type"]


def test_308_to_a_host_that_is_not_allowed_sends_nothing_there(
    server: Recorder, other_server: Recorder, make_client: MakeClient
) -> None:
    server.answer(Reply(308, b"", {"Location": other_server.url}))
    moves: list[str] = []
    with pytest.raises(HostNotAllowed) as caught:
        make_client(on_moved=moves.append).send_message("g", "x")
    assert caught.value.host == other_server.host
    assert (other_server.seen, moves) == ([], [])


@pytest.mark.parametrize(
    "location",
    ["http://api.kaiza.la/", "https://api.kaiza.la.evil.example/", "https://api.kaiza.la@evil.example/"],
)
def test_308_to_another_scheme_or_a_look_alike_is_refused(
    server: Recorder, make_client: MakeClient, location: str
) -> None:
    server.answer(Reply(308, b"", {"Location": location}))
    with pytest.raises(HostNotAllowed):
        make_client().send_message("g", "x")


@pytest.mark.parametrize("location", ["http://[", "//", "https://", "\x7f"])
def test_308_to_nowhere_is_not_sent(server: Recorder, make_client: MakeClient, location: str) -> None:
    server.answer(Reply(308, b"", {"Location": location}))
    with pytest.raises(NotSent):
        make_client().send_message("g", "x")


def test_308_without_a_place_is_not_sent(server: Recorder, make_client: MakeClient) -> None:
    server.answer(Reply(308, b""))
    with pytest.raises(NotSent):
        make_client().send_message("g", "x")
    assert len(server.seen) == 1


def test_at_most_three_hops_are_followed(server: Recorder, make_client: MakeClient) -> None:
    server.answer(Reply(308, b"", {"Location": server.url}))
    with pytest.raises(NotSent) as caught:
        make_client().send_message("g", "x")
    assert (len(server.seen), caught.value.status) == (4, 308)


def test_a_move_is_kept_even_if_the_new_endpoint_says_no(
    server: Recorder, other_server: Recorder, make_client: MakeClient
) -> None:
    server.answer(Reply(308, b"", {"Location": other_server.url}))
    other_server.answer(Reply(429, {}, {"Retry-After": "5"}))
    moves: list[str] = []
    with pytest.raises(Throttled):
        make_client(allowed_hosts=[other_server.host], on_moved=moves.append).send_message("g", "x")
    assert moves == [other_server.url]


def test_a_call_is_recorded_without_secrets_and_with_masked_phones(
    server: Recorder, make_client: MakeClient
) -> None:
    records: list[CallRecord] = []
    failed = [{"subscriber": "+254701058712", "errorReason": f"token {GOOD_TOKEN}"}]
    server.answer(Reply(body={"referenceId": "r-1", "failedResult": failed}))
    client = make_client(on_call=records.append)
    client.send_message_to_subscribers("g", "x", ["+919876543212"])
    (record,) = records
    assert (record.method, record.path) == ("POST", "/v1/groups/g/messages")
    assert (record.operation, record.status, record.error) == ("send_message_to_subscribers", 200, "")
    assert record.ms >= 0
    assert record.request == (
        'accessToken: ***\nContent-Type: application/json\n\n{"message":"x","subscribers":["+91******12"]}'
    )
    assert record.answer == (
        '\n{"referenceId": "r-1", "failedResult": '
        '[{"subscriber": "+25******12", "errorReason": "token ***"}]}'
    )


def test_of_files_only_their_size_is_recorded(server: Recorder, make_client: MakeClient) -> None:
    records: list[CallRecord] = []
    server.answer(Reply(body={"mediaResource": "eyJ0aHVtYm5haWwiOiAieCJ9"}))
    make_client(on_call=records.append).upload_media([("a.png", b"\0+919876543212", "image/png")])
    head, _blank, body = records[0].request.partition("\n\n")
    assert "Content-Type: multipart/form-data" in head
    assert re.fullmatch(r"\(\d+ bytes\)", body)
    assert "a.png" not in records[0].request


def test_every_exchange_is_recorded_with_its_error(
    server: Recorder, other_server: Recorder, make_client: MakeClient
) -> None:
    records: list[CallRecord] = []
    client = make_client(allowed_hosts=[other_server.host], on_call=records.append)
    server.answer(Reply(308, b"", {"Location": other_server.url}))
    other_server.answer(Reply(404, {"message": "No"}))
    with pytest.raises(Refused):
        client.send_message("g", "x")
    assert [(record.status, record.error) for record in records] == [(308, ""), (404, "Refused")]


def test_a_call_without_an_answer_is_recorded_too(server: Recorder, make_client: MakeClient) -> None:
    records: list[CallRecord] = []
    server.answer(Reply(cut=True))
    with pytest.raises(Exception, match="line was cut"):
        make_client(on_call=records.append).send_message("g", "x")
    assert [(record.status, record.error, record.answer) for record in records] == [
        (None, "UnknownOutcome", "")
    ]


def test_a_listener_that_fails_does_not_hide_an_accepted_call(
    server: Recorder, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(record: CallRecord) -> None:
        raise RuntimeError("the log is full")

    with caplog.at_level(logging.ERROR):
        assert make_client(on_call=broken).send_message("g", "x") == Sent("r-1")
    assert "the log is full" in caplog.text


def test_an_error_never_repeats_a_secret(server: Recorder, make_client: MakeClient) -> None:
    server.answer(Reply(403, {"message": f"Bad {GOOD_TOKEN} for SECRET0001", "errorCode": "No"}))
    with pytest.raises(Refused) as caught:
        make_client().send_message("g", "x")
    assert str(caught.value) == caught.value.message == "Kaizala said no: Bad *** for ***"


def test_without_refreshing_an_expired_token_is_raised_at_once(
    server: Recorder, make_client: MakeClient
) -> None:
    server.answer(Reply(401, {}))
    with pytest.raises(ExpiredToken):
        make_client().send_message("g", "x")
    assert len(server.seen) == 1


def test_without_a_token_nothing_is_sent(server: Recorder, make_client: MakeClient) -> None:
    with pytest.raises(ExpiredToken) as caught:
        make_client(access=None).send_message("g", "x")
    assert (caught.value.code, server.seen) == ("NoToken", [])


def test_what_json_cannot_hold_is_an_invalid_input(server: Recorder, make_client: MakeClient) -> None:
    with pytest.raises(InvalidInput):
        make_client().send_message("g", "broken \ud800 half")
    assert server.seen == []


def test_a_large_list_of_members_is_read_whole(server: Recorder, make_client: MakeClient) -> None:
    member = {"id": "p-1", "role": "Admin", "mobileNumber": "+919876543212", "name": "Asha"}
    server.answer(Reply(body=json.dumps({"members": [member] * 20_000}).encode()))
    assert make_client().fetch_members("g") == (PERSON,) * 20_000


def test_an_own_session_works_and_stays_as_it_was(server: Recorder, make_client: MakeClient) -> None:
    with new_session() as mine:
        before = dict(mine.headers)
        make_client(session=mine).send_message("g", "x")
        assert (dict(mine.headers), len(mine.cookies)) == (before, 0)
