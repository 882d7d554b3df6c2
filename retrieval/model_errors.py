"""What can go wrong with a chat model, whoever provides it: one ModelError for each kind, with a remedy."""

from __future__ import annotations

import re

from retrieval.errors import ModelError

_KINDS = {  # the first that is found in the names of an error's classes, its code and its status
    "context": "ContextOverflow|context_length_exceeded",
    "quota": r"insufficient_quota|billing|\b402\b",
    "refusal": "Refusal|content_filter|content_policy",
    "timeout": "Timeout",
    "rate_limit": "RateLimit",
    "auth": "Authentication|PermissionDenied",
    "malformed": "JSONDecodeError",
    "connection": "ConnectionError|TransportError|NetworkError|ProtocolError|OSError",
}
_REMEDIES = {
    "timeout": "try again, or raise SOURCIER_MODEL_TIMEOUT",
    "quota": "check the plan and the billing of your provider",
    "rate_limit": "wait a minute and try again",
    "connection": "check the network and OPENAI_BASE_URL",
    "auth": "check OPENAI_API_KEY",
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
    """The kind of a provider's error, by names: of LangChain's classes, OpenAI's, and httpx's (in mid-stream)."""
    names = " ".join(c.__name__ for c in type(error).__mro__)
    about = f"{names} {getattr(error, 'code', '')} {getattr(error, 'type', '')} {getattr(error, 'status_code', '')}"
    return next((kind for kind, pattern in _KINDS.items() if re.search(pattern, about)), "api")
