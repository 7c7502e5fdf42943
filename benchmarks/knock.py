"""Posts bodies over kept connections, as fast as they are answered; JSON in, JSON out.

In: port, path, headers, connections, bodies, and `a_second` if they are to be paced. Out: `all` (seconds for
everything), `seconds` (each answer's), `wrong` (answers that were not 200).
"""

import json
import socket
import sys
import threading
import time
from typing import Any


def main() -> None:
    asked = json.load(sys.stdin)
    requests = [_request(asked, body.encode()) for body in asked["bodies"]]
    found: list[tuple[float, bool]] = []
    pause = asked["connections"] / asked["a_second"] if asked.get("a_second") else 0.0
    ready = threading.Barrier(asked["connections"] + 1)
    shares = [requests[at :: asked["connections"]] for at in range(asked["connections"])]
    lines = [socket.create_connection(("127.0.0.1", asked["port"])) for _ in shares]
    threads = [
        threading.Thread(target=_post, args=(line, share, found, ready, pause))
        for line, share in zip(lines, shares, strict=True)
    ]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    told = {
        "all": time.monotonic() - began,
        "seconds": [seconds for seconds, _ in found],
        "wrong": len(requests) - sum(right for _, right in found),
    }
    json.dump(told, sys.stdout)


def _request(asked: dict[str, Any], body: bytes) -> bytes:
    headers = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        **asked["headers"],
    }
    lines = [f"POST {asked['path']} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _post(
    line: socket.socket,
    requests: list[bytes],
    found: list[tuple[float, bool]],
    ready: threading.Barrier,
    pause: float,
) -> None:
    port = line.getpeername()[1]
    ready.wait()
    first = time.monotonic()
    for place, request in enumerate(requests):
        time.sleep(max(0.0, first + place * pause - time.monotonic()))
        began = time.perf_counter()
        line.sendall(request)
        head, keep = _answer(line)
        found.append((time.perf_counter() - began, head.startswith(b"HTTP/1.1 200")))
        if not keep:
            line.close()
            line = socket.create_connection(("127.0.0.1", port))
    line.close()


def _answer(line: socket.socket) -> tuple[bytes, bool]:
    """The head of an answer, read to its end, and whether the connection stays."""
    seen = b""
    while b"\r\n\r\n" not in seen:
        more = line.recv(65_536)
        if not more:
            return seen, False
        seen += more
    head, _, rest = seen.partition(b"\r\n\r\n")
    small = head.lower()
    length = int(small.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    while len(rest) < length:
        rest += line.recv(65_536)
    return head, b"connection: close" not in small


if __name__ == "__main__":
    main()
