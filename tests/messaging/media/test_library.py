"""What the library takes, by content; what it keeps; and who may fetch it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.defaultfilters import filesizeformat
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging.media import pictures, services, store
from messaging.media.models import MediaFile, MediaUpload
from messaging.models import Broadcast
from tests.messaging import files
from tests.messaging.conftest import GROUPS, Org

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.KAIZALA_LIBRARY_DIR = str(tmp_path / "library")
    settings.KAIZALA_LIBRARY_MAX_MB = 1
    return tmp_path / "library"


def add(name: str, content: bytes) -> MediaFile:
    return services.add(name=name, file=io.BytesIO(content), by=None)


def refused(name: str, content: bytes) -> str:
    with pytest.raises(services.BadFile) as caught:
        add(name, content)
    assert MediaFile.objects.count() == 0
    assert list(store.folder().glob("*")) == []
    return str(caught.value)


@pytest.mark.parametrize("name", files.EVERY)
def test_every_documented_format_is_known_by_its_content(name: str) -> None:
    content, content_type = files.EVERY[name]
    file = add(name, content)
    assert (file.name, file.content_type, file.size) == (name, content_type, len(content))
    assert store.path(file.stored).read_bytes() == content
    assert file.stored != name


UNKNOWN = (
    "Kaizala does not take this kind of file. "
    "It takes JPG, PNG, MP3, WAV, MP4, 3GP, PDF, Word, Excel and PowerPoint."
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.jpg", b"<html><script>alert(1)</script></html>"),
        ("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("moving.png", b"GIF89a" + b"\0" * 40),
        ("film.mp4", b"\0\0\0\x18ftypqt  " + b"\0" * 40),
        ("app.docx", b"MZ" + b"\0" * 100),
        ("archive.docx", files.office("readme.txt")),
        ("macros.docx", files.office("word/document.xml", "word/vbaProject.bin")),
        ("broken.docx", b"PK\x03\x04" + b"\0" * 100),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000),
        ("noise.mp3", b"\xff\xe0\xf0\x0c" + b"\0" * 64),
        ("plain.pdf", b"just words"),
    ],
)
def test_what_is_no_documented_format_is_refused_whatever_it_is_called(name: str, content: bytes) -> None:
    assert refused(name, content) == UNKNOWN


def test_a_pdf_named_jpg_is_refused_and_so_is_a_picture_named_pdf() -> None:
    assert refused("prices.jpg", files.PDF) == (
        "“prices.jpg” ends in .jpg but is a PDF file inside. Give it its right name."
    )
    assert refused("photo.pdf", files.picture("JPEG")) == (
        "“photo.pdf” ends in .pdf but is a JPG file inside. Give it its right name."
    )


def test_a_name_without_the_right_ending_gets_it() -> None:
    assert add("photo.jpg", files.picture("PNG")).name == "photo.png"
    assert add("scan", files.PDF).name == "scan.pdf"
    assert add("v1.2", files.sound()).name == "v1.2.wav"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "etc passwd.pdf"),
        ("a\r\nb\0c.pdf", "a b c.pdf"),
        ("\u202egpj.pdf", "gpj.pdf"),
        ("<b>x</b>.pdf", "b x b .pdf"),
        ("نشرة.pdf", "نشرة.pdf"),
        ("é" * 300 + ".pdf", "é" * 140 + ".pdf"),
        ("", "file.pdf"),
    ],
)
def test_names_are_made_harmless(given: str, kept: str) -> None:
    assert add(given, files.PDF).name == kept


def test_a_picture_bomb_is_seen_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_thumbnail", lambda picture: pytest.fail("it was unpacked"))
    assert len(files.bomb()) < 1000
    assert refused("bomb.png", files.bomb()) == "The picture has more than 50 megapixels. Make it smaller."


def test_the_pixel_limit_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 64 * 48)
    assert add("fits.png", files.picture(size=(64, 48))).width == 64
    MediaFile.objects.all().delete()
    with pytest.raises(services.BadFile):
        add("over.png", files.picture(size=(64, 49)))


@pytest.mark.parametrize("cut", [0.3, 0.9])
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_picture_that_is_cut_off_is_refused(file_format: str, cut: float) -> None:
    whole = files.picture(file_format, size=(400, 300))
    ending = {"PNG": "png", "JPEG": "jpg"}[file_format]
    assert (
        refused(f"a.{ending}", whole[: int(len(whole) * cut)]) == "The picture is broken: it cannot be shown."
    )


def test_the_size_limit_is_exact() -> None:
    most = 1024 * 1024
    assert add("fits.pdf", files.PDF.ljust(most, b" ")).size == most
    MediaFile.objects.all().delete()
    with pytest.raises(services.BadFile, match=r"The file has 1\.0 MB; at most 1 MB are allowed\."):
        add("over.pdf", files.PDF.ljust(most + 1, b" "))


def test_an_empty_file_is_refused() -> None:
    assert refused("nothing.pdf", b"") == "The file is empty."


def test_the_same_content_is_kept_once_under_its_first_name(folder: Path) -> None:
    first = add("prices.pdf", files.PDF)
    MediaFile.objects.update(used_at=timezone.now() - timedelta(days=50))
    again = add("other.pdf", files.PDF)
    assert (again.pk, again.name) == (first.pk, "prices.pdf")
    assert again.used_at > timezone.now() - timedelta(minutes=1)
    assert len(list(folder.iterdir())) == 1


def test_the_same_content_comes_back_when_the_disk_lost_it() -> None:
    first = add("prices.pdf", files.PDF)
    store.forget(first.stored)
    again = add("prices.pdf", files.PDF)
    assert store.path(again.stored).read_bytes() == files.PDF


def test_two_people_who_upload_the_same_file_at_once_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rival: list[MediaFile] = []
    keep = store.keep

    def meanwhile(file: Any) -> str:
        monkeypatch.setattr(store, "keep", keep)
        rival.append(add("rival.pdf", files.PDF))
        file.seek(0)
        return keep(file)

    monkeypatch.setattr(store, "keep", meanwhile)
    assert add("mine.pdf", files.PDF).pk == rival[0].pk
    assert len(list(store.folder().iterdir())) == 1


def test_a_thumbnail_is_upright_small_and_without_see_through_parts() -> None:
    from PIL import Image

    wide = Image.new("RGBA", (900, 300), (0, 0, 0, 0))
    into = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    wide.save(into, "PNG", exif=exif)
    file = add("wide.png", into.getvalue())
    with Image.open(store.path(file.thumbnail)) as small:
        assert (small.format, small.size, small.getpixel((5, 5))) == ("JPEG", (160, 480), (255, 255, 255))


def test_unused_files_are_cleaned_up_after_their_time_and_others_are_not(
    org: Org, django_capture_on_commit_callbacks: Any
) -> None:
    old, used, new = (add(f"{at}.pdf", files.PDF + bytes([48 + at])) for at in range(3))
    MediaFile.objects.filter(pk__in=[old.pk, used.pk]).update(used_at=timezone.now() - timedelta(days=91))
    draft = org.draft(GROUPS, [org.group()])
    Broadcast.objects.filter(pk=draft.pk).update(
        kind="document", content={"media_files": [used.pk], "caption": ""}
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert services.clean_up() == 1
    assert set(MediaFile.objects.values_list("pk", flat=True)) == {used.pk, new.pk}
    assert len(list(store.folder().iterdir())) == 2
    Broadcast.objects.filter(pk=draft.pk).update(state="finished")
    assert services.clean_up() == 1


def test_nothing_is_cleaned_up_when_the_time_is_0(settings: Any) -> None:
    settings.KAIZALA_LIBRARY_DAYS = 0
    add("a.pdf", files.PDF)
    MediaFile.objects.update(used_at=timezone.now() - timedelta(days=9999))
    assert services.clean_up() == 0


def test_a_file_that_waits_to_be_uploaded_stays(org: Org) -> None:
    file = add("a.pdf", files.PDF)
    MediaUpload.objects.create(files=str(file.pk), connector=org.connector, grant=org.grant)
    assert services.remove(file) is False


def page(name: str, *args: object) -> str:
    return reverse(f"admin:messaging_mediafile_{name}", args=args)


def upload(client: Client, name: str, content: bytes) -> Any:
    given = SimpleUploadedFile(name, content, "image/png")
    return client.post(page("upload"), {"file": given}, headers={"accept": "application/json"})


def test_a_file_is_uploaded_shown_picked_fetched_and_removed(signed_in: SignIn) -> None:
    client = signed_in("Operator")
    answer = upload(client, "mill.png", files.picture())
    file = MediaFile.objects.get()
    assert answer.json() == {
        "file": {
            "key": file.pk,
            "name": "mill.png",
            "kind": "image",
            "icon": "image",
            "thumbnail": page("thumbnail", file.pk),
            "size": filesizeformat(file.size),
            "url": page("file", file.pk),
        }
    }
    assert file.uploaded_by is not None
    for place in (page("changelist"), page("change", file.pk), page("pick") + "?takes=image"):
        assert "mill.png" in client.get(place).content.decode()
    assert "mill.png" not in client.get(page("pick") + "?takes=audio").content.decode()
    assert client.post(page("delete", file.pk), {"confirmed": "yes"}).status_code == 302
    assert MediaFile.objects.count() == 0


def test_a_large_file_that_the_web_server_put_on_the_disk_is_taken_too(
    signed_in: SignIn, settings: Any
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    answers = [
        upload(signed_in("Operator"), name, files.EVERY[name][0])
        for name in ("photo.png", "a.docx", "a.doc", "price.pdf")
    ]
    assert [answer.status_code for answer in answers] == [200] * 4


def test_what_is_wrong_with_an_upload_is_said(signed_in: SignIn) -> None:
    client = signed_in("Operator")
    answer = upload(client, "prices.jpg", files.PDF)
    assert (answer.status_code, answer.json()["error"]) == (
        422,
        "“prices.jpg” ends in .jpg but is a PDF file inside. Give it its right name.",
    )
    plain = client.post(page("upload"), {"file": SimpleUploadedFile("x.gif", b"GIF89a")}, follow=True)
    assert "x.gif: Kaizala does not take this kind of file." in plain.content.decode()
    assert client.post(page("upload"), headers={"accept": "application/json"}).json() == {
        "error": "Choose a file first."
    }


@pytest.mark.parametrize(
    ("name", "how"), [("mill.png", 'inline; filename="mill.png"'), ("prices.pdf", "attachment; filename=")]
)
def test_files_are_handed_out_safely(signed_in: SignIn, name: str, how: str) -> None:
    file = add(name, files.picture() if name.endswith("png") else files.PDF)
    answer: Any = signed_in("Viewer").get(page("file", file.pk))
    assert answer["Content-Disposition"].startswith(how)
    assert answer["Content-Type"] == file.content_type
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert b"".join(answer.streaming_content) == store.path(file.stored).read_bytes()
    answer.close()


def test_what_kaizala_returned_opens_the_file_and_is_shown_nowhere(org: Org, signed_in: SignIn) -> None:
    file = add("mill.png", files.picture())
    row = MediaUpload.objects.create(
        files=str(file.pk), connector=org.connector, grant=org.grant, state="sent", resource="canary-5a"
    )
    client = signed_in("Administrator")
    places = [
        reverse(f"admin:messaging_mediaupload_{name}", args=args)
        for name, args in (("changelist", []), ("change", [row.pk]), ("history", [row.pk]))
    ]
    shown = [client.get(place).content.decode() for place in (*places, page("change", file.pk))]
    assert ["canary-5a" in one for one in shown] == [False] * 4
    assert str(org.connector) in shown[3]


def test_who_may_not_see_the_library_gets_no_file(signed_in: SignIn, person: Callable[[str], Any]) -> None:
    file = add("mill.png", files.picture())
    nobody = person("Viewer")
    nobody.groups.clear()
    client = Client()
    client.force_login(nobody, backend="django.contrib.auth.backends.ModelBackend")
    places = [page("file", file.pk), page("thumbnail", file.pk), page("pick"), page("changelist")]
    assert [client.get(place).status_code for place in places] == [403] * 4
    viewer = signed_in("Viewer")
    viewer_posts = [upload(viewer, "a.pdf", files.PDF), viewer.post(page("delete", file.pk))]
    assert [answer.status_code for answer in viewer_posts] == [403, 403]


def test_a_file_that_the_disk_lost_is_not_found(signed_in: SignIn) -> None:
    file = add("mill.png", files.picture())
    store.forget(file.stored)
    assert signed_in("Viewer").get(page("file", file.pk)).status_code == 404
