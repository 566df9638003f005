"""Who is asked, and where: `MODEL` or `MODEL@URL`, with keys from the environment only."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from warehouse.errors import InputError

# The key for a server that is named in a command. A provider's own key never goes there.
SERVER_KEY = "MIRRORLAKE_API_KEY"
# Naming the provider's own server is naming none.
_OFFICIAL = {"https://api.openai.com/v1", "https://api.anthropic.com"}
# Shorter ones are no secrets: "none", "EMPTY", "test".
SHORTEST_KEY = 8
# Sent where a server wants no key: the SDKs insist on one.
NO_KEY = "none"


@dataclass(frozen=True)
class Address:
    """A model, the server that serves it (None is the provider's own) and the key's name."""

    name: str
    model: str
    url: str | None
    key_variable: str

    @property
    def base(self) -> str:
        """The model as `models.base` names it: equal names on two servers are two models."""
        return self.model if self.url is None else f"{self.model}@{self.url}"

    def key(self) -> str:
        """Return the key; raise InputError where one is needed and not set."""
        found = os.environ.get(self.key_variable, "").strip()
        if found:
            return found
        if self.key_variable == SERVER_KEY:
            return NO_KEY
        raise InputError(
            f"{self.name} needs a key. Set {self.key_variable} in the environment; "
            "it is never stored."
        )

    def hide(self, text: str) -> str:
        """Return text without the key, which a server may send back in what it says."""
        key = os.environ.get(self.key_variable, "").strip()
        return text.replace(key, "[key]") if len(key) >= SHORTEST_KEY else text


def parse(name: str, prefix: str, key_variable: str, url_variable: str | None = None) -> Address:
    """Return the address that `--model NAME` gives.

    Without a URL the provider's own variable for one counts, as in its SDK. Raises InputError
    for a URL that is none, or that carries a user, a password or a query.
    """
    model, url = split(name.removeprefix(prefix))
    if not model or (url is None and "@" in model):
        raise InputError(
            "A model on a server is named as MODEL@URL, where the URL begins with http:// or "
            "https://; without a server a name holds no '@'."
        )
    if url is not None:
        place = _checked(url)
        return Address(f"{prefix}{model}@{place}", model, place, SERVER_KEY)
    own = os.environ.get(url_variable, "").strip() if url_variable else ""
    place_of = _checked(own) if own else None
    return Address(name, model, None if place_of in _OFFICIAL else place_of, key_variable)


def split(name: str) -> tuple[str, str | None]:
    """Return the model and the URL of a name, None where it names no server."""
    found = re.search(r"@https?://", name, re.IGNORECASE)
    return (name, None) if found is None else (name[: found.start()], name[found.start() + 1 :])


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InputError(f"The server's URL cannot be read: {error}.") from error
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise InputError(
            "The server's URL carries a user or a password, which would be stored. Leave them "
            f"out and set {SERVER_KEY} in the environment."
        )
    if parts.query or parts.fragment:
        raise InputError(
            "The server's URL carries a query, which would be stored and may hold a key. "
            f"Leave it out and set {SERVER_KEY} in the environment."
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError("The server's URL must look like http://HOST:PORT/v1.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = host if port is None else f"{host}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"
