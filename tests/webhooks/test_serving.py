"""Which requests may have a thread: those that have come in."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from kaizala_admin.serving import LOOKED_AT, has_come_in

Pair = tuple[socket.socket, socket.socket]
HEAD = b"POST /hooks HTTP/1.1\r\nHost: x\r\nContent-length: 4\r\n"


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The client's end and ours."""
    client, ours = socket.socketpair()
    ours.setblocking(False)
    yield client, ours
    client.close()
    ours.close()


@pytest.mark.parametrize(
    ("sent", "whole"),
    [
        (b"", False),
        (b"GET / HT", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (HEAD + b"\r\n", False),
        (HEAD + b"\r\nabc", False),
        (HEAD + b"\r\nabcd", True),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", True),
    ],
)
def test_a_request_is_whole_when_its_head_and_its_length_are_there(
    pair: Pair, sent: bytes, whole: bool
) -> None:
    client, ours = pair
    client.sendall(sent)
    assert has_come_in(ours) is whole
    if sent:
        assert ours.recv(1_000) == sent  # it was only looked at


def test_who_has_gone_is_not_waited_for(pair: Pair) -> None:
    client, ours = pair
    client.sendall(HEAD)
    client.shutdown(socket.SHUT_WR)
    assert has_come_in(ours) is False  # what was said before is still there
    ours.recv(1_000)
    assert has_come_in(ours) is True


def test_a_large_upload_gets_its_thread_before_it_is_whole(pair: Pair) -> None:
    client, ours = pair
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * LOOKED_AT)
    client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n" + b"x" * LOOKED_AT)
    assert has_come_in(ours) is True
