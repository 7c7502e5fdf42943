"""Parcel: sends one text, must never be sent twice. Page: reads members, may be read again."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import models

from kaizala_admin.kaizala import KaizalaClient
from kaizala_admin.outbox.models import OutboxRow, State

meanwhile: list[Callable[[OutboxRow], object]] = []  # what a rival does while the next call is under way
broken: list[Exception] = []  # what the next `record` raises
guilty: set[int] = set()  # rows whose `record` always raises


played: list[Callable[[OutboxRow], Any]] = []  # stands in for the call itself, once each


class Line(OutboxRow):
    """What both have in common: they keep what happened to them."""

    group_id = models.CharField(max_length=80)
    text = models.CharField(max_length=200, blank=True)
    wanted = models.PositiveIntegerField(default=1)  # calls until it is done
    answers = models.PositiveIntegerField(default=0)
    heard = models.CharField(max_length=500, blank=True)  # state_changed, in order

    objects: ClassVar["models.Manager[Any]"] = models.Manager()

    class Meta(OutboxRow.Meta):
        abstract = True
        app_label = "line"

    def __str__(self) -> str:
        return f"{self.text} to {self.group_id}"

    def record(self, result: Any) -> bool:
        if broken:
            raise broken.pop()
        if self.pk in guilty:
            raise ValueError("a bug")
        self.answers += 1
        self.save(update_fields=["answers"])
        return self.answers >= self.wanted

    def state_changed(self, state: State) -> None:
        self.heard = f"{self.heard} {state}".strip()
        self.save(update_fields=["heard"])


class Parcel(Line):
    class Meta(Line.Meta):
        verbose_name = "parcel"
        verbose_name_plural = "parcels"

    operation: ClassVar[str] = "send_message"

    def perform(self, client: KaizalaClient) -> Any:
        if meanwhile:
            meanwhile.pop()(self)
        if played:
            return played.pop()(self)
        return client.send_message(self.group_id, self.text)


class Page(Line):
    class Meta(Line.Meta):
        verbose_name = "page"
        verbose_name_plural = "pages"

    repeatable: ClassVar[bool] = True
    operation: ClassVar[str] = "fetch_members"

    def perform(self, client: KaizalaClient) -> Any:
        if meanwhile:
            meanwhile.pop()(self)
        return client.fetch_members(self.group_id)
