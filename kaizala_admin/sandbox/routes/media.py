"""Operation 17 and the URL variant: upload files, get one opaque resource (contract 8)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import BodyPartReader, web

from kaizala_admin.sandbox.attachments import SIGNATURE, make_resource
from kaizala_admin.sandbox.errors import bad_request, not_found, wrong_type
from kaizala_admin.sandbox.ids import new_guid
from kaizala_admin.sandbox.photo import photo
from kaizala_admin.sandbox.world import Call, World

KINDS = {
    "image/jpeg": "Image",
    "image/jpg": "Image",
    "image/pjpeg": "Image",
    "image/png": "Image",
    "audio/mpeg": "Audio",
    "audio/mp3": "Audio",
    "audio/wav": "Audio",
    "audio/x-wav": "Audio",
    "audio/wave": "Audio",
    "video/mp4": "Video",
    "video/3gpp": "Video",
    "application/pdf": "Document",
    "application/msword": "Document",
    "application/vnd.ms-excel": "Document",
    "application/vnd.ms-powerpoint": "Document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "Document",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """One part of the form."""

    name: str
    type: str
    content: bytes


async def upload_media(call: Call) -> dict[str, Any]:
    """Store every part, whatever it is called; several parts make one album.

    415 for a part without its type.
    """
    uploads = await _read_parts(call.request)
    if not uploads:
        raise bad_request("A file is required.")
    kinds = {KINDS[upload.type] for upload in uploads}
    if len(uploads) > 1 and kinds != {"Image"}:
        raise bad_request("Only images can be uploaded together.")
    files = [await _keep(call.world, upload) for upload in uploads]
    return {"mediaResource": make_resource("Album" if len(files) > 1 else kinds.pop(), files)}


def upload_url(call: Call) -> dict[str, Any]:
    """Make a resource of a file that lies elsewhere; it is not fetched."""
    url = call.body.required("mediaurl")
    name = PurePosixPath(urlsplit(url).path).name or "file"
    file = {"Id": new_guid(), "Name": name, "Size": 0, "Url": url, "Height": 0, "Width": 0}
    return {"mediaResource": make_resource("Image", [file])}


async def _read_parts(request: web.Request) -> list[Upload]:
    if not request.content_type.startswith("multipart/"):
        raise wrong_type("The body has to be multipart/form-data.")
    uploads = []
    try:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader):
                uploads.append(await _read_part(part))
    except ValueError as error:
        raise bad_request("The form data cannot be read.") from error
    return uploads


async def _read_part(part: BodyPartReader) -> Upload:
    kind = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in KINDS:
        raise wrong_type("Each file needs its own Content-Type, of a format that Kaizala takes.")
    name = PurePosixPath(part.filename or "file").name
    return Upload(name, kind, bytes(await part.read(decode=True)))


async def _keep(world: World, upload: Upload) -> dict[str, Any]:
    media_id = new_guid()
    folder = world.store.folder / "media"
    folder.mkdir(exist_ok=True)
    await asyncio.to_thread((folder / media_id).write_bytes, upload.content)
    url = f"{world.root}/media/{media_id}/{quote(upload.name)}{SIGNATURE}"
    values = (media_id, upload.name, upload.type, len(upload.content), url)
    world.store.run("INSERT INTO media VALUES (?, ?, ?, ?, ?)", values)
    size = len(upload.content)
    return {"Id": media_id, "Name": upload.name, "Size": size, "Url": url, "Height": 0, "Width": 0}


def serve_media(world: World) -> Any:
    """Return the handler of `/media/{id}/{name}`: files are fetched without a token (contract 15)."""

    async def answer(request: web.Request) -> web.StreamResponse:
        media_id = request.match_info["id"]
        if media_id == "sample":
            return web.Response(body=photo(), content_type="image/png")
        kind = world.store.value("SELECT type FROM media WHERE id = ?", (media_id,))
        if kind is None:
            raise web.HTTPNotFound(text=not_found("The file").message)
        return web.FileResponse(world.store.folder / "media" / media_id, headers={"Content-Type": kind})

    return answer
