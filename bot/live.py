"""`sourcier doctor --live`: one real call of each kind, to see whether models work, how fast and well, at what price.

The chat model writes one short answer through the real prompt over two passages made up for it; the embedding model is
given three sentences, of which two are about the same thing.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import replace
from typing import Any

from bot.doctor import Check
from bot.rendering.terminal import price
from bot.texts import Texts
from retrieval.errors import SourcierError
from retrieval.settings import Settings
from retrieval.types import Article, Dropped, Hit, Question, Sentence, Usage

# About a town that does not exist: what is not said here cannot be known.
_PASSAGES = (
    ("Mirval opens its bridge", "2024-05-03", "The bridge of Mirval opened on 3 May 2024. It is 412 metres long."),
    ("Last trip for the ferry", "2024-05-01", "The ferry of Mirval carried 90,000 passengers in 2023, its last year."),
)
_QUESTION = "How long is the bridge of Mirval, and how many passengers did the ferry carry in 2023?"
_ALIKE = ("Quelle est la longueur du pont de Mirval ?", _PASSAGES[0][2], "Le prix des pommes a baissé cette année.")
_CLEARLY = 0.05  # by how much a cosine must be the higher to mean something
_KEY = re.compile(r"\[[a-z]\d[a-z]\]")


def examine_live(settings: Settings, t: Texts) -> tuple[list[Check], dict[str, Any]]:
    """The checks, and what was measured: seconds, tokens, dollars. None of them raises."""
    checks, measured = list[Check](), dict[str, Any]()
    if settings.uses_model:
        _writing(settings, t, checks, measured)
    if settings.embedding_model:
        _embedding(settings, t, checks, measured)
    if not checks:
        checks.append(Check("live_chat", "ok", t("live_nothing")))
    return checks, measured


def trial_hits() -> list[Hit]:
    """The passages that the model is given."""
    from retrieval.passages import split_sentences

    articles = [Article(f"live-{i}", text, title, day) for i, (title, day, text) in enumerate(_PASSAGES)]
    return [Hit(a, 0, len(a.text), 1.0, tuple(split_sentences(a.text))) for a in articles]


def _writing(settings: Settings, t: Texts, checks: list[Check], measured: dict[str, Any]) -> None:
    from retrieval.writing import Writer

    watch, usage, released, dropped = _watch(), Usage(), list[Sentence](), list[Dropped]()
    first_sentence = None
    try:
        writer = Writer(replace(settings, entailment="off"))  # the one call that is measured is the writing
        until = time.monotonic() + settings.deadline
        for item in writer.stream(Question(_QUESTION, language="en"), trial_hits(), until, {"callbacks": [watch]}):
            if isinstance(item, Usage):
                usage += item
            elif isinstance(item, Sentence):
                first_sentence = first_sentence or watch.since()
                released.append(item)
            elif isinstance(item, Dropped):
                dropped.append(item)
    except SourcierError as error:
        checks.append(Check("live_chat", "fail", str(error), error.remedy or t("live_chat_remedy")))
        return
    except Exception as error:  # whatever a provider's package raises; its text may quote the request
        checks.append(Check("live_chat", "fail", type(error).__name__, t("live_chat_remedy")))
        return
    total = watch.since()
    keys = len(_KEY.findall(watch.text))
    measured["chat"] = {
        "model": writer.name, "first_token_seconds": watch.first, "first_sentence_seconds": first_sentence,
        "total_seconds": total, **_numbers(usage), "keys": keys, "released": len(released), "dropped": len(dropped),
    }  # fmt: skip
    seconds = {"first": f"{watch.first or total:.2f}", "total": f"{total:.2f}"}
    checks.append(Check("live_chat", "ok", t("live_chat_ok", model=writer.name, **seconds)))
    checks.append(_usage("live_usage", usage, settings, t))
    facts = {"keys": keys, "released": len(released), "dropped": len(dropped)}
    good = keys >= 2 and len(released) >= 2 and not dropped
    state = "ok" if good else "warn" if released else "fail"
    told = t("live_format", **facts)
    checks.append(Check("live_format", state, told, None if good else t("live_format_remedy")))


def _embedding(settings: Settings, t: Texts, checks: list[Check], measured: dict[str, Any]) -> None:
    from retrieval.embedding import ServerEmbeddings, open_embeddings
    from retrieval.spending import ANSWERS, Ledger

    provider, _, model = (settings.embedding_model or "").partition(":")
    usage = Usage()
    try:
        if provider == "openai":
            server = ServerEmbeddings(model, settings)
            server.prepare()
            began = time.perf_counter()
            (made,) = server.batches(_ALIKE)
            vectors, usage = list(made.vectors), made.usage
            Ledger.of(settings).record(ANSWERS, model, usage)
        else:
            local = open_embeddings(f"{provider}:{model}", settings)
            began = time.perf_counter()
            vectors = local.embed_documents(list(_ALIKE))
        seconds = time.perf_counter() - began
    except SourcierError as error:
        checks.append(Check("live_embedding", "fail", str(error), error.remedy or t("live_embedding_remedy")))
        return
    except Exception as error:  # whatever a model's package raises
        checks.append(Check("live_embedding", "fail", type(error).__name__, t("live_embedding_remedy")))
        return
    question, same, other = vectors
    size, alike, unlike = len(question), _cosine(question, same), _cosine(question, other)
    measured["embedding"] = {
        "model": model, "seconds": round(seconds, 3), "dimensions": size, **_numbers(usage),
        "same_subject": round(alike, 3), "other_subject": round(unlike, 3),
    }  # fmt: skip
    checks.append(
        Check("live_embedding", "ok", t("live_embedding_ok", model=model, seconds=f"{seconds:.2f}", size=size))
    )
    if provider == "openai":
        checks.append(_usage("live_embedding_usage", usage, settings, t))
    told = t("live_meaning", alike=f"{alike:.2f}", unlike=f"{unlike:.2f}")
    meant = alike > unlike + _CLEARLY
    checks.append(Check("live_meaning", "ok" if meant else "warn", told, None if meant else t("live_meaning_remedy")))


def _usage(name: str, usage: Usage, settings: Settings, t: Texts) -> Check:
    """Whether what a call took is reported, and what it cost."""
    from retrieval.estimating import is_local

    if not usage.input_tokens:
        return Check(name, "warn", t("live_usage_none"), t("live_usage_none_remedy"))
    told = t("live_usage", input=usage.input_tokens, output=usage.output_tokens, price=price(usage, t))
    unpriced = usage.unpriced_tokens > 0 and not is_local(settings.openai_base_url)
    return Check(name, "warn" if unpriced else "ok", told, t("live_unpriced_remedy") if unpriced else None)


def _numbers(usage: Usage) -> dict[str, Any]:
    from bot.rendering.as_json import usage_dict

    return usage_dict(usage)


def _cosine(a: list[float], b: list[float]) -> float:
    length = math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / length if length else 0.0


def _watch() -> Any:
    """A LangChain callback that notes when the call began and its first token came, and what the model wrote."""
    from langchain_core.callbacks import BaseCallbackHandler

    class Watch(BaseCallbackHandler):
        def __init__(self) -> None:
            self.began, self.text = time.perf_counter(), ""
            self.first: float | None = None

        def since(self) -> float:
            return round(time.perf_counter() - self.began, 3)

        def on_chat_model_start(self, *_: Any, **__: Any) -> None:
            self.began, self.text, self.first = time.perf_counter(), "", None

        def on_llm_new_token(self, token: Any, **_: Any) -> None:
            if isinstance(token, str) and token:
                self.first = self.first or self.since()
                self.text += token

    return Watch()
