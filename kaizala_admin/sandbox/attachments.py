"""Media resources: opaque base64 of JSON that names the stored files (contract 8), and their public URLs."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from kaizala_admin.sandbox.errors import bad_request
from kaizala_admin.sandbox.world import World

# Kaizala's URLs are shared-access links that outlive everybody (contract 15).
SIGNATURE = "?se=2291-01-01T00:00:00Z&sp=r"
# A grey JPEG of one pixel.
PIXEL = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////"
    "////////////////2wBDAf//////////////////////////////////////////////////////////////////////////////////"
    "////wAARCAABAAEDASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAUAQEAAAAAAAAA"
    "AAAAAAAAAAAA/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACEQMRAD8AH//Z"
)
ACTION_TYPES = {"Image": 3, "Album": 3, "Audio": 5, "Document": 7, "Video": 10}


def make_resource(kind: str, files: list[dict[str, Any]]) -> str:
    """Return the media resource of one file, or of an album."""
    content = {
        "Thumbnail": base64.b64encode(PIXEL).decode(),
        "ActionType": ACTION_TYPES[kind],
        "Files": files,
    }
    return base64.b64encode(json.dumps(content, ensure_ascii=False).encode()).decode()


def files_of(resource: str) -> list[dict[str, str]]:
    """Return `[{mediaUrl, mediaFileName}]` of a resource; something that is none counts as a plain URL."""
    try:
        content = json.loads(base64.b64decode(resource, validate=True))
        return [{"mediaUrl": item["Url"], "mediaFileName": item["Name"]} for item in content["Files"]]
    except (binascii.Error, ValueError, KeyError, TypeError):
        return [{"mediaUrl": resource, "mediaFileName": resource.rsplit("/", 1)[-1][:80]}] if resource else []


def need_known(world: World, body: dict[str, Any]) -> None:
    """Refuse an action that names a file which was uploaded here and is not kept any more.

    How Kaizala answers then is not known (contract 19): 400 is our choice.
    """
    prefix = f"{world.root}/media/"
    urls = [file["mediaUrl"] for resource in _resources(body) for file in files_of(resource)]
    own = {url.removeprefix(prefix).partition("/")[0] for url in urls if url.startswith(prefix)}
    for media_id in own - {"sample"}:
        if world.store.value("SELECT 1 FROM media WHERE id = ?", (media_id,)) is None:
            raise bad_request("The media resource is not known any more.", "InvalidMediaResource")


def _resources(body: dict[str, Any]) -> list[str]:
    found = [body.get("mediaResource"), body.get("coverImage"), *body.get("mediaResources", [])]
    found += [choice.get("image") for choice in body.get("choices", [])]
    return [str(one) for one in found if one]


def first_url(resource: str) -> str:
    """Return the URL of the first file."""
    files = files_of(resource)
    return files[0]["mediaUrl"] if files else ""


def sample_photo(world: World) -> list[dict[str, str]]:
    """Return the picture that people who answer take."""
    return [{"mediaUrl": f"{world.root}/media/sample/photo.png{SIGNATURE}", "mediaFileName": "photo.png"}]


def escaped(world: World, data: Any) -> Any:
    """Return event data with `&amp;` in its URLs, when that quirk is switched on (contract 1.12)."""
    if not world.options.escaped_urls:
        return data
    if isinstance(data, dict):
        return {key: escaped(world, value) for key, value in data.items()}
    if isinstance(data, list):
        return [escaped(world, value) for value in data]
    is_url = isinstance(data, str) and data.startswith(("http://", "https://"))
    return data.replace("&", "&amp;") if is_url else data
