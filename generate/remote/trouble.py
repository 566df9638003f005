"""What can go wrong with one try, in the terms on which the sender decides.

Three questions matter: may it have been billed, is it worth another try, and does it concern
every other request as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from generate.remote.address import Address
from warehouse.errors import ProviderError

LONGEST = 300


@dataclass
class Trouble(Exception):
    """A try without a usable reply.

    `kind` is the row's `error_class`: network, rate, server or request. `billed` says whether
    the provider may have done the work. `status` is final where the reply says what it is.
    """

    kind: str
    what: str
    billed: bool = False
    retry: bool = True
    slow_down: bool = False
    retry_after: float | None = None
    status: str | None = None
    unreachable: bool = False

    def __str__(self) -> str:
        return self.what


_SDKS = {"openai", "anthropic", "httpx2", "aiohttp"}

# Codes by which providers say why they refuse one request.
_TOO_LONG = ("context_length_exceeded", "prompt is too long", "maximum context length")
_FILTERED = ("content_filter", "content_policy_violation", "content management policy")
# What aiohttp raises before a connection stands.
_NOT_SENT = ("ClientConnector", "ClientProxyConnection", "InvalidURL")
# The server was not asked to work: it was too busy, or we waited for it to begin.
_UNBILLED = {408, 409, 425, 429, 503, 529}


def from_sdk(error: Exception, address: Address) -> Trouble:
    """Return what an exception of an official SDK means.

    Both SDKs have the same tree of exceptions. Raises ProviderError for what no try can mend:
    a refused key, an unknown model, an empty account.
    """
    trouble = _meaning(error, address)
    trouble.what = address.hide(trouble.what)
    return trouble


def _meaning(error: Exception, address: Address) -> Trouble:
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return _from_status(error, status, address)
    if type(error).__name__ in {"APITimeoutError", "APIConnectionError"}:
        sent = _was_sent(error)
        what = "The reply never came." if sent else "The server cannot be reached."
        return Trouble("network", f"{what}{_cause(error)}", billed=sent, unreachable=not sent)
    return Trouble("server", f"The reply cannot be read{_cause(error, error)}", billed=True)


async def translated(call: Callable[[], Awaitable[Any]], address: Address) -> Any:
    """Return what a call of an SDK returns; raise its exceptions as `Trouble`."""
    try:
        return await call()
    except Exception as error:
        if getattr(type(error), "__module__", "").split(".")[0] in _SDKS:
            raise from_sdk(error, address) from error
        raise


def unreadable(what: str) -> Trouble:
    """Return the trouble of a reply that came, and was paid for, but is not an answer."""
    return Trouble("server", what, billed=True)


def _from_status(error: Any, status: int, address: Address) -> Trouble:
    said = _message(error)
    if status in {401, 403}:
        raise ProviderError(
            f"The server refused the key in {address.key_variable} ({status}). Set a valid one; "
            "answers so far are kept."
        )
    if status == 429 and "insufficient_quota" in said:
        raise ProviderError("The account has no credit left (429). Answers so far are kept.")
    if status in _UNBILLED:
        kind = "rate" if status in {429, 503, 529} else "network"
        slow = status in {429, 503, 529}
        return Trouble(kind, f"{status}: {said}", slow_down=slow, retry_after=_wait(error))
    if status >= 500:
        return Trouble("server", f"{status}: {said}", billed=True, retry_after=_wait(error))
    return _refused_request(status, said)


def _refused_request(status: int, said: str) -> Trouble:
    if 200 <= status < 300:
        return unreadable(f"{status}: {said}")
    final = None
    if any(code in said for code in _TOO_LONG):
        final = "too_long"
    elif any(code in said for code in _FILTERED):
        final = "filtered"
    return Trouble("request", f"{status}: {said}", retry=False, status=final)


def _message(error: Any) -> str:
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(inner, dict):
        parts = [inner.get("code"), inner.get("type"), inner.get("message")]
        body = " ".join(str(part) for part in parts if part)
    return " ".join(str(body or error).split())[:LONGEST]


def _was_sent(error: BaseException) -> bool:
    """Return whether anything can have reached the server.

    The SDKs call a connection that broke after sending `ConnectTimeout` too: only the
    transport's own error at the root tells the two apart.
    """
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__name__.startswith(_NOT_SENT):
            return False
        cause = cause.__cause__ or cause.__context__
    return True


def _cause(error: BaseException, cause: BaseException | None = None) -> str:
    why = cause or error.__cause__
    return f" ({type(why).__name__}: {' '.join(str(why).split())[:LONGEST]})" if why else ""


def _wait(error: Any) -> float | None:
    """Return the seconds that `Retry-After` asks for; dates are rare enough to be left out."""
    headers = error.response.headers
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * scale)
        except (KeyError, ValueError):
            continue
    return None
