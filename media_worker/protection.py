"""Task protection: ECS does not scale in, or replace, a task that says it carries calls.

The agent's endpoint is described in AWS's "Amazon ECS task scale-in protection endpoint". Protection expires by
itself, so that a task whose worker hangs is not kept for ever, and is renewed long before.
"""

import logging
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout

EXPIRES_MINUTES = 30
RENEW_MS = 10 * 60_000
RETRY_MS = 5_000
PATIENCE_S = 2.0

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Protection:
    """When to ask for protection and when to give it back; sans-IO, times by a steady clock in milliseconds."""

    granted: bool = False
    asked_ms: int | None = None
    failed: bool = False

    def wanted(self, *, live_calls: int, now_ms: int) -> bool | None:
        """Return what to ask of the agent now (True: protect), or None when there is nothing to ask."""
        wants = live_calls > 0
        since = None if self.asked_ms is None else now_ms - self.asked_ms
        if self.failed:
            return wants if since is None or since >= RETRY_MS else None
        if wants != self.granted:
            return wants
        return True if wants and since is not None and since >= RENEW_MS else None

    def answered(self, *, protect: bool, taken: bool, now_ms: int) -> None:
        """Note what was asked and whether the agent took it."""
        self.asked_ms, self.failed = now_ms, not taken
        if taken:
            self.granted = protect


class EcsAgent:
    """The agent beside this task. `uri` is what the platform gives as ECS_AGENT_URI."""

    def __init__(self, uri: str) -> None:
        self._url = f"{uri.rstrip('/')}/task-protection/v1/state"

    async def protect(self, *, protect: bool) -> bool:
        """Ask; return whether the agent took it. Never raises: a call goes on without protection."""
        body: dict[str, object] = {"ProtectionEnabled": protect}
        if protect:
            body["ExpiresInMinutes"] = EXPIRES_MINUTES
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=PATIENCE_S)) as session,
                session.put(self._url, json=body) as answer,
            ):
                content = await answer.json()
                taken = answer.ok and isinstance(content, dict) and "protection" in content
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            logger.warning("task protection not set: %s", type(error).__name__)
            return False
        if not taken:
            logger.warning("task protection refused: status %d", answer.status)
        return taken
