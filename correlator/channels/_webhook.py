"""What all channels behind a webhook share: a secret address, and what an answer means for the next try."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from correlator.channels._pace import Pace
from correlator.channels._post import Answer, check_url, host_of, post
from correlator.errors import SendFailed, SettingsError
from correlator.notification import Notification
from correlator.settings import unresolved
from correlator.wording import Style


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
