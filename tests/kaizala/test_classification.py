"""Every line of the table in the reliability notes (1.3), over real sockets."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kaizala_admin.kaizala import (
    ExpiredToken,
    KaizalaClient,
    KaizalaError,
    NotSent,
    Refused,
    Sent,
    Throttled,
    UnknownOutcome,
)
from kaizala_admin.kaizala.classification import retry_after

from .conftest import MakeClient
from .recorder import Recorder, Reply


def outcome(client: KaizalaClient) -> KaizalaError:
    with pytest.raises(KaizalaError) as caught:
        client.send_message("g-1", "hello")
    return caught.value


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        yield listener


def test_a_name_that_does_not_exist_is_not_sent(make_client: MakeClient) -> None:
    client = make_client(endpoint="https://nothing.invalid", allowed_hosts=["nothing.invalid"])
    error = outcome(client)
    assert (type(error), "does not exist" in error.message) == (NotSent, True)


def test_a_refused_connection_is_not_sent(make_client: MakeClient) -> None:
    with listening() as closed:
        port = closed.getsockname()[1]
    client = make_client(endpoint=f"http://127.0.0.1:{port}", allowed_hosts=[f"127.0.0.1:{port}"])
    assert type(outcome(client)) is NotSent


def test_a_connect_time_out_is_not_sent(make_client: MakeClient) -> None:
    with listening() as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        host = f"127.0.0.1:{address[1]}"
        client = make_client(endpoint=f"http://{host}", allowed_hosts=[host], connect_timeout=0.2)
        error = outcome(client)
        for one in waiting:
            one.close()
    assert (type(error), "does not answer" in error.message) == (NotSent, True)


def test_a_tls_handshake_with_something_else_is_not_sent(server: Recorder, make_client: MakeClient) -> None:
    client = make_client(endpoint=f"https://{server.host}", allowed_hosts=[server.host])
    error = outcome(client)
    assert (type(error), "certificate" in error.message) == (NotSent, True)
    assert server.seen == []


def test_a_tls_handshake_that_never_ends_is_not_sent(make_client: MakeClient) -> None:
    with listening() as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        client = make_client(endpoint=f"https://{host}", allowed_hosts=[host], connect_timeout=0.2)
        assert type(outcome(client)) is NotSent


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(private + built.public_bytes(pem))
    return path


def _break_tls_in_the_answer(listener: socket.socket, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    raw, _ = listener.accept()
    secured = context.wrap_socket(raw, server_side=True)
    secured.recv(65536)
    with socket.socket(fileno=secured.detach()) as bare:
        bare.sendall(b"this is no TLS record at all")


def test_a_tls_error_after_the_request_is_unknown(
    make_client: MakeClient, session: requests.Session, tmp_path: Path
) -> None:
    certificate = _certificate(tmp_path)
    session.verify = str(certificate)
    with listening() as listener:
        host = f"localhost:{listener.getsockname()[1]}"
        thread = threading.Thread(target=_break_tls_in_the_answer, args=(listener, certificate))
        thread.start()
        client = make_client(endpoint=f"https://{host}", allowed_hosts=[host])
        error = outcome(client)
        thread.join()
    assert type(error) is UnknownOutcome


def test_a_certificate_that_nobody_vouches_for_is_not_sent(make_client: MakeClient, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))

    def serve(listener: socket.socket) -> None:
        raw, _ = listener.accept()
        with pytest.raises(ssl.SSLError), raw:
            context.wrap_socket(raw, server_side=True)

    with listening() as listener:
        host = f"localhost:{listener.getsockname()[1]}"
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        error = outcome(make_client(endpoint=f"https://{host}", allowed_hosts=[host]))
        thread.join()
    assert type(error) is NotSent


def test_401_is_an_expired_token(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(401, {}))
    error = outcome(client)
    assert (type(error), error.status) == (ExpiredToken, 401)


@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_an_invalid_token_code_is_an_expired_token_in_any_status(
    server: Recorder, client: KaizalaClient, status: int
) -> None:
    body = {"message": "Invalid token.", "errorCode": "InvalidToken", "errorCategoryKey": "AuthException"}
    server.answer(Reply(status, body))
    error = outcome(client)
    assert type(error) is ExpiredToken
    assert (error.code, error.category, error.status) == ("InvalidToken", "AuthException", status)
    assert error.message == "Kaizala said no: Invalid token."


def test_429_is_throttled_with_its_seconds(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(429, {}, {"Retry-After": "17"}))
    error = outcome(client)
    assert isinstance(error, Throttled)
    assert (error.retry_after, error.status) == (17.0, 429)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 60.0),
        ("", 60.0),
        ("soon", 60.0),
        ("-5", 60.0),
        ("nan", 60.0),
        ("inf", 60.0),
        ("0", 1.0),
        ("0.2", 1.0),
        ("1", 1.0),
        ("120", 120.0),
        ("86400", 3600.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 1.0),
        ("Tue, 24 Nov 2026 12:00:00 GMT", 3600.0),
    ],
)
def test_retry_after_is_read_in_every_form(header: str | None, seconds: float) -> None:
    assert retry_after(header, "Mon, 23 Nov 2026 12:00:00 GMT") == seconds


@pytest.mark.parametrize("wrong", [timedelta(minutes=5), timedelta(minutes=-5)], ids=["fast", "slow"])
def test_a_date_in_retry_after_counts_from_the_answers_own_date(
    server: Recorder, client: KaizalaClient, wrong: timedelta
) -> None:
    """One of the two clocks is wrong, ours or Kaizala's."""
    theirs = datetime.now(UTC) + wrong
    later = theirs + timedelta(seconds=90)
    server.answer(Reply(429, {}, {"Retry-After": format_datetime(later), "Date": format_datetime(theirs)}))
    error = outcome(client)
    assert isinstance(error, Throttled)
    assert 89 <= error.retry_after <= 90


@pytest.mark.parametrize("date", [None, "", "today"])
def test_without_a_date_that_can_be_read_our_clock_has_to_do(date: str | None) -> None:
    assert 80 < retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=90)), date) <= 90


@pytest.mark.parametrize("status", [400, 403, 404, 408, 415])
def test_any_other_4xx_is_refused_with_its_words(
    server: Recorder, client: KaizalaClient, status: int
) -> None:
    server.answer(
        Reply(status, {"message": "Not an admin", "errorCode": "Forbidden", "errorCategoryKey": "X"})
    )
    error = outcome(client)
    assert type(error) is Refused
    assert (error.message, error.code, error.category, error.status) == (
        "Kaizala said no: Not an admin",
        "Forbidden",
        "X",
        status,
    )


def test_a_bare_400_is_refused(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(400, b"Bad Request"))
    error = outcome(client)
    assert (type(error), error.message) == (Refused, "Kaizala said no (HTTP 400).")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_5xx_is_unknown(server: Recorder, client: KaizalaClient, status: int) -> None:
    server.answer(Reply(status, {"errorCode": "Unknown", "errorCategoryKey": "ServerException"}))
    error = outcome(client)
    assert (type(error), error.status, error.code) == (UnknownOutcome, status, "Unknown")


def test_a_read_time_out_is_unknown(server: Recorder, make_client: MakeClient) -> None:
    server.answer(Reply(wait=0.6))
    assert type(outcome(make_client(read_timeout=0.2))) is UnknownOutcome
    assert len(server.seen) == 1


def test_a_line_cut_before_the_answer_is_unknown(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(cut=True))
    assert type(outcome(client)) is UnknownOutcome
    assert len(server.seen) == 1


def test_half_an_answer_is_unknown(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(half=True))
    assert type(outcome(client)) is UnknownOutcome


@pytest.mark.parametrize(
    "body", [b"", b"<html>Gateway</html>", b'{"referenceId": ', b"[]", b"\xff\xfe\xfd", b"[" * 5000, {}]
)
def test_a_success_that_cannot_be_read_is_unknown(
    server: Recorder, client: KaizalaClient, body: object
) -> None:
    server.answer(Reply(200, body))
    error = outcome(client)
    assert (type(error), error.status) == (UnknownOutcome, 200)


def test_a_success_with_an_error_code_is_refused(server: Recorder, client: KaizalaClient) -> None:
    server.answer(Reply(200, {"message": "No such group", "errorCode": "GroupNotFound", "referenceId": "x"}))
    error = outcome(client)
    assert (type(error), error.code, error.status) == (Refused, "GroupNotFound", 200)


def test_a_success_with_its_reference_is_sent(client: KaizalaClient) -> None:
    assert client.send_message("g-1", "hello") == Sent("r-1")


def test_other_redirects_are_not_followed(
    server: Recorder, other_server: Recorder, client: KaizalaClient
) -> None:
    server.answer(Reply(302, {}, {"Location": other_server.url}))
    error = outcome(client)
    assert (type(error), error.status, other_server.seen) == (Refused, 302, [])


def test_an_older_failure_that_is_being_handled_does_not_colour_a_new_one(
    server: Recorder, make_client: MakeClient
) -> None:
    with listening() as closed:
        host = f"127.0.0.1:{closed.getsockname()[1]}"
    unreachable = make_client(endpoint=f"http://{host}", allowed_hosts=[host])
    server.answer(Reply(cut=True))
    try:
        unreachable.send_message("g-1", "hello")
    except NotSent:
        assert type(outcome(make_client())) is UnknownOutcome
