"""What can go wrong with one try, in the terms on which the sender decides.

Three questions matter: may it have been billed, is it worth another try, and does it concern
every other request as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from generate.remote.address import Address
from warehouse.errors import LakeError, ProviderError

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
    code: int | None = None

    def __str__(self) -> str:
        return self.what


_SDKS = {"openai", "anthropic", "httpx2", "aiohttp"}

# Codes by which providers say why they refuse one request.
_TOO_LONG = ("context_length_exceeded", "prompt is too long", "maximum context length")
_FILTERED = ("content_filter", "content_policy_violation", "content management policy")
# What aiohttp raises before a connection stands.
_NOT_SENT = ("ClientConnector", "ClientProxyConnection", "InvalidURL")
# What no later try can mend, whatever the status: the account is empty.
_NO_CREDIT = ("insufficient_quota", "credit balance", "billing_hard_limit")
# The server was not asked to work. (A bare 503 may come from a proxy in front of one that was.)
_UNBILLED = {409, 425, 429, 529}
MALFORMED = (ValueError, TypeError, KeyError, AttributeError, IndexError)
"""What reading a reply raises that is not what it should be."""


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
    except (Trouble, LakeError):
        raise
    except Exception as error:
        of_sdk = getattr(type(error), "__module__", "").split(".")[0] in _SDKS
        if of_sdk or isinstance(error, MALFORMED):
            raise from_sdk(error, address) from error
        raise


def unreadable(what: str) -> Trouble:
    """Return the trouble of a reply that came, and was paid for, but is not an answer."""
    return Trouble("server", what, billed=True)


def _from_status(error: Any, status: int, address: Address) -> Trouble:
    said = _message(error)
    if status == 401:
        raise ProviderError(
            f"The server refused the key in {address.key_variable} ({status}). Set a valid one; "
            "answers so far are kept."
        )
    if status == 402 or any(words in said.lower() for words in _NO_CREDIT):
        raise ProviderError(f"The account has no credit left ({status}). Answers so far are kept.")
    if status == 404:
        raise ProviderError(
            address.hide(f"{address.name}: the server says 404: {said} Answers so far are kept.")
        )
    slow, wait = status in {429, 503, 529}, _wait(error)
    own = status == 503 and (wait is not None or isinstance(error.body, dict))
    trouble = Trouble("server", f"{status}: {said}", slow_down=slow, retry_after=wait, code=status)
    if status in _UNBILLED or own:
        trouble.kind = "rate" if slow else "network"
        return trouble
    if status >= 500 or status == 408:
        trouble.billed = True
        return trouble
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
