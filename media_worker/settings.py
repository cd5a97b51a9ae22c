"""What the worker must be told: its addresses, its name, the key of the tickets. Read once, at the start."""

from collections.abc import Mapping
from dataclasses import dataclass

CALLS_MAX_DEFAULT = 100
PORT_MAX = 65_535


class SettingsInvalid(ValueError):  # reads as the event it is, like every error of ours
    """A variable is missing or cannot be meant; the message names it and how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The worker's settings.

    `host`, `port`: where signalling listens. `bind_address`: where media sockets are bound, on ports that
    the system chooses. `public_address`: what answers tell browsers (on Fargate the task's public address).
    `worker_address`: how the office and the other workers reach this one; tickets name it.
    `workers_table` is None where no heartbeat is wanted, `ecs_agent_uri` where no platform could end the task;
    `endpoint_url` is None for AWS itself.
    """

    host: str
    port: int
    bind_address: str
    public_address: str
    worker_id: str
    worker_address: str
    ticket_public_key: str
    calls_max: int
    workers_table: str | None
    ecs_agent_uri: str | None
    endpoint_url: str | None
    region: str


def from_env(env: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables. Raises SettingsInvalid."""
    host = env.get("MEDIA_HOST", "127.0.0.1")
    port = _number(env, "MEDIA_PORT", 8702, highest=PORT_MAX)
    key = env.get("TICKET_PUBLIC_KEY", "").replace("\\n", "\n")
    if "BEGIN PUBLIC KEY" not in key:
        raise SettingsInvalid("TICKET_PUBLIC_KEY is no public key; set it to the PEM text of the tickets' P-256 key")
    bind_address = env.get("BIND_ADDRESS", host)
    return Settings(
        host=host,
        port=port,
        bind_address=bind_address,
        public_address=env.get("PUBLIC_ADDRESS", bind_address),
        worker_id=env.get("WORKER_ID", f"worker-{port}"),
        worker_address=env.get("WORKER_ADDRESS", f"http://{host}:{port}"),
        ticket_public_key=key,
        calls_max=_number(env, "CALLS_MAX", CALLS_MAX_DEFAULT, highest=100_000),
        workers_table=env.get("WORKERS_TABLE") or None,
        ecs_agent_uri=env.get("ECS_AGENT_URI") or None,
        endpoint_url=env.get("AWS_ENDPOINT_URL") or None,
        region=env.get("AWS_REGION", "eu-central-1"),
    )


def _number(env: Mapping[str, str], name: str, default: int, *, highest: int) -> int:
    text = env.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= highest):
        raise SettingsInvalid(f"{name} is {text!r}; write a whole number from 1 to {highest}")
    return int(text)
