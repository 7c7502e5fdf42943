"""Messages and media: operations 17, 18 and 21."""

from __future__ import annotations

import re
from collections.abc import Iterable

from urllib3 import encode_multipart_formdata

from kaizala_admin.kaizala.errors import InvalidInput
from kaizala_admin.kaizala.exchange import Call
from kaizala_admin.kaizala.limits import require_text
from kaizala_admin.kaizala.payloads import MediaFile, TextMessage
from kaizala_admin.kaizala.results import Sent
from kaizala_admin.kaizala.results.reading import needed_text
from kaizala_admin.kaizala.results.sending import read_sent

from .base import Caller, audience, group_path

_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*", re.ASCII)


def _text(message: str | TextMessage) -> TextMessage:
    return message if isinstance(message, TextMessage) else TextMessage(message)


def _part(file: MediaFile) -> tuple[str, tuple[str, bytes, str]]:
    name, content, content_type = file
    require_text(name, "files")
    if not isinstance(content_type, str) or not _CONTENT_TYPE.fullmatch(content_type):
        raise InvalidInput(f"Say what kind of file “{name[:80]}” is, like image/jpeg.", field="files")
    return "files", (name, content if isinstance(content, bytes) else content.read(), content_type)


class MessageCalls(Caller):
    def send_message(self, group_id: str, message: str | TextMessage) -> Sent:
        """A text of at most 4,000 characters to everybody in a group (OP 21)."""
        path = f"{group_path(group_id)}/messages"
        return read_sent(self._write("send_message", "POST", path, _text(message).body()))

    def send_message_to_subscribers(
        self,
        group_id: str,
        message: str | TextMessage,
        mobile_numbers: Iterable[str] = (),
        send_to_all: bool = False,
    ) -> Sent:
        """The same, to at most 100 named subscribers of a public group, or to all of them (OP 18)."""
        body = {**_text(message).body(), **audience(mobile_numbers, send_to_all)}
        path = f"{group_path(group_id)}/messages"
        return read_sent(self._write("send_message_to_subscribers", "POST", path, body))

    def upload_media(self, files: Iterable[MediaFile]) -> str:
        """Upload one file, or several as an album; the media resource to send afterwards (OP 17)."""
        parts = [_part(file) for file in files]
        if not parts:
            raise InvalidInput("Choose at least one file.", field="files")
        content, content_type = encode_multipart_formdata(parts)
        call = Call("upload_media", "POST", "/v1/media", content, content_type)
        return needed_text(self._perform(call), "mediaresource")

    def upload_media_from_url(self, media_url: str) -> str:
        """Let Kaizala fetch the file itself; the media resource to send afterwards (contract 8)."""
        body = {"mediaUrl": require_text(media_url, "media_url")}
        answer = self._write("upload_media_from_url", "POST", "/v1/media/url", body)
        return needed_text(answer, "mediaresource")
