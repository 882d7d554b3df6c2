"""What can go wrong with a model, whoever provides it: one ModelError for each kind, its remedy, and when to retry."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from retrieval.errors import ModelError

_KINDS = {  # the first that is found in the names of an error's classes, its code and its status
    "context": "ContextOverflow|context_length_exceeded",
    "quota": r"insufficient_quota|billing|\b402\b",
    "refusal": "Refusal|content_filter|content_policy",
    "timeout": "Timeout",
    "rate_limit": "RateLimit",
    "auth": "Authentication|PermissionDenied",
    "missing": r"NotFound|model_not_found|\b404\b",
    "malformed": "JSONDecodeError",
    "connection": "ConnectionError|TransportError|NetworkError|ProtocolError|OSError",
}
KINDS = (*_KINDS, "api", "empty", "truncated")  # of every ModelError of a chat model
_REMEDIES = {
    "timeout": "try again, or raise SOURCIER_MODEL_TIMEOUT",
    "quota": "check the plan and the billing of your provider",
    "rate_limit": "wait a minute and try again",
    "connection": "check the network and OPENAI_BASE_URL",
    "auth": "check OPENAI_API_KEY",
    "missing": "check SOURCIER_CHAT_MODEL, SOURCIER_EMBEDDINGS and OPENAI_BASE_URL",
    "context": "lower SOURCIER_CONTEXT_TOKENS",
}


def unfinished(finish: str | None, empty: bool) -> ModelError | None:
    """Why a reply is not a whole answer, from the reason its stream gave for ending; None when it is one."""
    if finish in ("content_filter", "refusal", "SAFETY"):
        return failure("refusal", "the provider's filter stopped the answer")
    if finish is None:
        return failure("truncated", "the stream ended before the answer did")
    if finish.lower() in ("length", "max_tokens"):
        return failure("truncated", "the answer was cut at the model's length limit")
    return failure("empty", "the model wrote nothing") if empty else None


def failure(kind: str, message: str) -> ModelError:
    """The error of a kind, with its remedy."""
    return ModelError(message, kind=kind, remedy=_REMEDIES.get(kind))


def kind_of(error: Exception) -> str:
    """The kind of a provider's error, by names: of LangChain's classes, OpenAI's, and httpx's (in mid-stream).

    A quota by its words too: a proxy such as LiteLLM passes it on as a rate limit, which would be waited for in vain.
    """
    if re.search(r"insufficient_quota|exceeded your current quota", str(error)):
        return "quota"
    names = " ".join(c.__name__ for c in type(error).__mro__)
    about = f"{names} {getattr(error, 'code', '')} {getattr(error, 'type', '')} {getattr(error, 'status_code', '')}"
    return next((kind for kind, pattern in _KINDS.items() if re.search(pattern, about)), "api")


LONGEST_PAUSE = 60.0  # seconds: a server that asks for more is not waited for
_FIRST, _LAST = 0.5, 8.0  # seconds before the first retry, and at most


def pause_before_retry(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before the retry after attempt number `attempt` (from 0); None where a retry is in vain.

    What may pass: a rate limit, a timeout, a lost connection, a server's own fault. A quota is not refilled by asking
    again. The pause is what the server asks for, else it grows exponentially, with jitter so that clients part
    (Brooker, "Exponential backoff and jitter", 2015).
    """
    status = getattr(error, "status_code", None)
    passing = kind_of(error) in ("rate_limit", "timeout", "connection") or (isinstance(status, int) and status >= 500)
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", None) or {}
    if not (passing or status in (408, 409)) or kind_of(error) == "quota" or headers.get("x-should-retry") == "false":
        return None
    asked = _seconds(headers.get("retry-after-ms"), 1000) or _seconds(headers.get("retry-after"), 1)
    if asked is not None:
        return asked + random.uniform(0, 0.1) if asked <= LONGEST_PAUSE else None  # noqa: S311 - no secret
    return random.uniform(0.5, 1.0) * float(min(_LAST, _FIRST * 2**attempt))  # noqa: S311 - no secret


def _seconds(header: str | None, per_second: int) -> float | None:
    try:
        return max(0.0, float(header) / per_second) if header else None
    except ValueError:  # a date: rare, and a clock may be wrong
        return None
