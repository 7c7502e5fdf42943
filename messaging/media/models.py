"""Files of the library, and the calls that bring them to Kaizala (contract 8)."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import KaizalaClient
from kaizala_admin.outbox.models import OutboxRow, State


class MediaFile(models.Model):
    """One file, known by its content. `stored` and `thumbnail` are random names in KAIZALA_LIBRARY_DIR."""

    class Kind(models.TextChoices):
        IMAGE = "image", _("Picture")
        AUDIO = "audio", _("Sound")
        VIDEO = "video", _("Film")
        DOCUMENT = "document", _("Document")

    name = models.CharField(_("name"), max_length=150)
    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    content_type = models.CharField(_("content type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size"))  # bytes
    width = models.PositiveIntegerField(_("width"), default=0)  # pixels; 0 for what is no picture
    height = models.PositiveIntegerField(_("height"), default=0)
    stored = models.CharField(max_length=40)
    thumbnail = models.CharField(max_length=40, blank=True, default="")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    used_at = models.DateTimeField(_("last used"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("media library")
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "-id"], name="mediafile_kind")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:messaging_mediafile_change", args=[self.pk])

    @property
    def url(self) -> str:
        """Where staff see or fetch the file itself."""
        return reverse("admin:messaging_mediafile_file", args=[self.pk])

    @property
    def thumbnail_url(self) -> str:
        """A small picture of it; "" for what is no picture."""
        return reverse("admin:messaging_mediafile_thumbnail", args=[self.pk]) if self.thumbnail else ""

    @property
    def icon(self) -> str:
        return {"image": "image", "audio": "music_note", "video": "movie"}.get(self.kind, "description")


class MediaUpload(OutboxRow):
    """One call that brings files to Kaizala: one file, or the pictures of an album. Asking twice is harmless.

    `resource` is what Kaizala returned: opaque, with links in it that open the file, so it is shown nowhere.
    """

    repeatable: ClassVar[bool] = True
    operation: ClassVar[str] = "upload_media"

    files = models.CharField(_("files"), max_length=1000)  # MediaFile keys in their order: "12,15"
    names = models.CharField(_("names"), max_length=200, blank=True)  # of the files, for people to read
    resource = models.TextField(blank=True)
    refused_at = models.DateTimeField(_("refused"), null=True, blank=True)  # then it is not used any more

    class Meta(OutboxRow.Meta):
        verbose_name = _("media upload")
        verbose_name_plural = _("media uploads")
        indexes = [
            *OutboxRow.Meta.indexes,
            models.Index(fields=["connector", "files"], name="mediaupload_files"),
        ]

    def perform(self, client: KaizalaClient) -> str:
        from . import uploading

        return uploading.perform(self, client)

    def record(self, result: Any) -> bool:
        from . import uploading

        uploading.record(self, str(result))
        return True

    def state_changed(self, state: State) -> None:
        self.many_changed([self], state)

    @classmethod
    def many_changed(cls, rows: Sequence[Self], state: State) -> None:
        from . import uploading

        uploading.follow(rows, state)

    def title(self) -> str:
        return self.names or str(_("Files %(files)s of the media library")) % {"files": self.files}

    def __str__(self) -> str:
        return f"{self.files} #{self.pk}"
