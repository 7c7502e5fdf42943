"""Webhook subscriptions: operations 26 to 28, and changing one."""

from __future__ import annotations

from typing import Unpack

from kaizala_admin.kaizala.limits import require_choice, require_id
from kaizala_admin.kaizala.payloads import OBJECT_TYPES, WebhookChanges, WebhookSubscription
from kaizala_admin.kaizala.payloads.webhook import webhook_changes_body
from kaizala_admin.kaizala.results import Webhook
from kaizala_admin.kaizala.results.reading import needed_text
from kaizala_admin.kaizala.results.webhooks import read_webhooks

from .base import Caller, check_done, segment


class WebhookCalls(Caller):
    def fetch_webhooks(self, object_id: str, object_type: str) -> tuple[Webhook, ...]:
        """The subscriptions to one group, action or action package (OP 26)."""
        params = {
            "objectId": require_id(object_id, "object_id"),
            "objectType": require_choice(object_type, OBJECT_TYPES, "object_type"),
        }
        return read_webhooks(self._get("fetch_webhooks", "/v1/webhook", params))

    def subscribe_webhook(self, subscription: WebhookSubscription) -> str:
        """Subscribe to events; the webhook's id. Kaizala asks the address before it agrees (OP 27)."""
        answer = self._write("subscribe_webhook", "POST", "/v1/webhook", subscription.body())
        return needed_text(answer, "webhookid", "id")

    def update_webhook(self, webhook_id: str, **changes: Unpack[WebhookChanges]) -> None:
        """Change a subscription, or enable a disabled one with `active=True` (contract 14)."""
        path = f"/v1/webhook/{segment(webhook_id, 'webhook_id')}"
        check_done(self._write("update_webhook", "PUT", path, webhook_changes_body(changes), bare=True))

    def unsubscribe_webhook(self, webhook_id: str) -> None:
        """End a subscription (OP 28)."""
        path = f"/v1/webhook/{segment(webhook_id, 'webhook_id')}"
        check_done(self._delete("unsubscribe_webhook", path))
