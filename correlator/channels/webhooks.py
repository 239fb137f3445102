"""The channels behind a webhook: a secret address each, and what an answer means for the next try.

How a message looks is laid out in a file a channel, which is imported with the first message: most polls send none.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from correlator.channels._pace import Pace
from correlator.channels._post import Answer, check_url, host_of, post
from correlator.errors import SendFailed, SettingsError
from correlator.notification import Notification
from correlator.settings.channels import unresolved
from correlator.wording import Style

REFUSED_BY_SLACK = ("invalid_blocks", "invalid_payload", "msg_blocks_too_long", "invalid_attachments")
DEAD_TO_SLACK = ("no_service", "invalid_token", "channel_is_archived", "action_prohibited", "channel_not_found")


class Webhook:
    """A channel that is one address, given by one setting. The address shows neither in repr nor in a failure."""

    name = ""
    setting = ""

    def __init__(self, url: str, style: Style, allow_private: bool = False, pace: Pace | None = None) -> None:
        """Raise SettingsError for an address that cannot work. Without a pace every turn comes at once."""
        problem = check_url(url, allow_private)
        if problem and not unresolved(url):
            raise SettingsError([f"{self.setting}: {problem}"])
        self.style = style
        self._url = url
        self._allow_private = allow_private
        self._pace = pace

    @property
    def address(self) -> str:
        """Eight digits of a hash: enough to see that an address is another one, and nothing to call it by."""
        return hashlib.blake2b(self._url.encode(), digest_size=4).hexdigest()

    def turn(self) -> bool:
        """Wait until the next message may go out; False if this run has no time left for one."""
        return self._pace is None or self._pace.turn(self.name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({host_of(self._url)})"

    def worded(self, notification: Notification) -> Style:
        """The style for this message: of one gateway, or of all."""
        incident = notification.incident
        return self.style.at(incident.gateway) if incident else self.style

    def post(self, body: object) -> Answer:
        """One request. Raises SendFailed where there is no answer."""
        return post(self._url, body, allow_private=self._allow_private)

    def judge(self, answer: Answer, word: str = "", refused: Collection[str] = (), dead: Collection[str] = ()) -> None:
        """Return if the body was accepted; else raise SendFailed, which says what can help.

        ``word`` is the receiver's own short name for the problem, where it gives one; it goes before the status.
        """
        status = answer.status
        if 200 <= status < 300:
            return
        permanent = word in dead or (word not in refused and status in (401, 403, 404, 410))
        raise SendFailed(
            f"{type(self).__name__} at {host_of(self._url)} answered {status} {word}".rstrip(),
            refused=not permanent and (word in refused or status in (400, 413)),
            permanent=permanent,
            ambiguous=status >= 500 or status == 408,
            retry_after=answer.retry_after,
        )


class Teams(Webhook):
    """The Teams channel."""

    name = "teams"
    setting = "TEAMS_WEBHOOK_URL"

    def render(self, notification: Notification) -> dict[str, object]:
        """The full message."""
        from correlator.channels import teams

        return teams.render(notification, self.worded(notification))

    def render_plain(self, notification: Notification) -> dict[str, object]:
        """The simplest message that still holds the verdict."""
        from correlator.channels import teams

        return teams.render_plain(notification, self.worded(notification))

    def send(self, body: Mapping[str, object]) -> None:
        """One POST. Raises SendFailed."""
        self.judge(self.post(body))


class Slack(Webhook):
    """The Slack channel."""

    name = "slack"
    setting = "SLACK_WEBHOOK_URL"

    def render(self, notification: Notification) -> dict[str, object]:
        """The full message."""
        from correlator.channels import slack

        return slack.render(notification, self.worded(notification))

    def render_plain(self, notification: Notification) -> dict[str, object]:
        """The simplest message that still holds the verdict."""
        from correlator.channels import slack

        return slack.render_plain(notification, self.worded(notification))

    def send(self, body: Mapping[str, object]) -> None:
        """One POST. Raises SendFailed."""
        answer = self.post(body)
        word = answer.text.strip()
        shown = word if re.fullmatch(r"[a-z_]{1,40}", word) else ""
        self.judge(answer, shown, REFUSED_BY_SLACK, DEAD_TO_SLACK)


class Events(Webhook):
    """The channel of events. Without keys nothing is signed."""

    name = "events"
    setting = "EVENTS_WEBHOOK_URL"

    def __init__(
        self,
        url: str,
        style: Style,
        allow_private: bool = False,
        pace: Pace | None = None,
        keys: Sequence[bytes] = (),
    ) -> None:
        """Raise SettingsError for an address that cannot work."""
        super().__init__(url, style, allow_private, pace)
        self._keys = tuple(keys)

    def render(self, notification: Notification) -> dict[str, Any]:
        """The full event."""
        from correlator.channels import events

        return events.render(notification, self.worded(notification))

    def render_plain(self, notification: Notification) -> dict[str, Any]:
        """The event that every receiver can take."""
        from correlator.channels import events

        return events.render_plain(notification, self.worded(notification))

    def send(self, body: Mapping[str, object]) -> None:
        """One POST. Raises SendFailed."""
        self.judge(self._post_signed(body))

    def _post_signed(self, body: Mapping[str, object]) -> Answer:
        return post(self._url, body, allow_private=self._allow_private, headers=lambda data: self.headers(body, data))

    def headers(self, body: Mapping[str, object], data: bytes) -> dict[str, str]:
        """Those of CloudEvents and Standard Webhooks. The time is that of this try, by the machine's clock.

        Receivers refuse what is older than some minutes, so the time of a message, which may have waited for hours,
        would make them refuse every late one. No decision of ours rests on it.
        """
        from correlator.channels.events import signature

        event, now = str(body.get("id", "")), int(time.time())  # noqa: TID251
        found = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": event,
            "webhook-timestamp": str(now),
        }
        return found | ({"webhook-signature": signature(event, now, data, self._keys)} if self._keys else {})
