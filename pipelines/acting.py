"""Who acts: the person a command names, and from where. Changes without a name are refused."""

import getpass
import socket

from detector.errors import ConfigError
from pipelines.alerts.columns import ACTOR_LENGTH
from pipelines.alerts.events import Actor

ROLE_LENGTH = 24


def actor_of(name: str | None, role: str | None = None) -> Actor:
    """The person called `name`. ConfigError where there is none, or it cannot be kept."""
    known = (name or "").strip()
    if not known or len(known) > ACTOR_LENGTH or not known.isprintable():
        raise ConfigError(
            "say who you are: --actor NAME or DETECTOR_ACTOR, "
            f"{ACTOR_LENGTH} characters at most; it is written to the audit trail. 请指明操作人。"
        )
    if role is not None and (not role.strip() or len(role) > ROLE_LENGTH or not role.isprintable()):
        raise ConfigError(f"role is {role!r}; give a name of {ROLE_LENGTH} characters at most.")
    return Actor(known, "user", role, client())


def client() -> str:
    """The account and the machine the command runs on."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = "unknown"
    return f"{account}@{socket.gethostname()}"[:ACTOR_LENGTH]
