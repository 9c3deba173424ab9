"""The stand-in's webhook: it sends each update until that is taken, in order, one at a time."""

import threading
import time

import httpx

from bot.testing.faults import Faults
from bot.testing.world import World

#: The name under which faults of a delivery are ordered.
DELIVERY = "webhook"
RETRY_SECONDS = 0.05
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name


class Courier:
    """Delivers in a thread of its own for as long as a webhook is set."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def close(self) -> None:
        """Stop; what is not taken stays."""
        self._is_closing = True
        self._world.webhook_is_set.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=30, trust_env=False) as client:
            while not self._is_closing:
                self._world.webhook_is_set.wait(0.5)
                if not self._deliver(client):
                    time.sleep(RETRY_SECONDS / 5)

    def _deliver(self, client: httpx.Client) -> bool:
        """Send the first waiting update; return whether there was one."""
        with self._world.lock:
            webhook, waiting = self._world.webhook, self._world.updates[:1]
            fault = self._faults.take(DELIVERY) if webhook and waiting else None
        if webhook is None or fault is None:
            return False
        time.sleep(fault.slow_seconds)
        is_taken = self._send(client, webhook, waiting[0]) and not fault.is_dropped
        if not is_taken:
            time.sleep(RETRY_SECONDS)
            return True
        with self._world.lock:
            self._world.updates = [each for each in self._world.updates if each is not waiting[0]]
        return True

    def _send(
        self, client: httpx.Client, webhook: dict[str, str], update: dict[str, object]
    ) -> bool:
        headers = {SECRET_HEADER: webhook["secret_token"]}
        try:
            status = client.post(webhook["url"], json=update, headers=headers).status_code
        except httpx.HTTPError as error:
            self._world.webhook_error = str(error)
            return False
        if status >= 300:
            self._world.webhook_error = f"Wrong response from the webhook: {status}"
        return status < 300
