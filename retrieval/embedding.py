"""Embedding models by name, as LangChain Embeddings: `openai:<model>` and `model2vec:<name or folder>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retrieval.errors import ModelError, SettingsError
from retrieval.settings import Settings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


def open_embeddings(name: str, settings: Settings) -> Embeddings:
    """The embedding model of that name. Raises SettingsError for a name that cannot be used."""
    provider, _, model = name.partition(":")
    if provider == "openai" and model:
        from langchain_openai import OpenAIEmbeddings

        return OpenAIEmbeddings(
            model=model,
            api_key=settings.openai_api_key or "none",  # type: ignore[arg-type]
            base_url=settings.openai_base_url or None,
            # its length check downloads a tokenizer; passages are far below the limit anyway
            check_embedding_ctx_length=False,
            model_kwargs={"encoding_format": "float"},  # compatible servers do not all speak base64
            chunk_size=128,  # a request may hold 300,000 tokens
            timeout=settings.model_timeout,
            max_retries=settings.model_retries,
        )
    if provider == "model2vec" and model:
        return _model2vec(model)
    raise SettingsError(
        f"SOURCIER_EMBEDDINGS={name!r} names no embedding model",
        remedy="set it to none, auto, openai:<model> or model2vec:<name or folder>",
    )


def _model2vec(model: str) -> Embeddings:
    try:
        from model2vec import StaticModel
    except ImportError:
        raise SettingsError("model2vec is not installed", remedy="pip install 'sourcier[local]'") from None
    from langchain_core.embeddings import Embeddings

    try:
        static = StaticModel.from_pretrained(model)
    except Exception as error:
        raise ModelError(
            f"model2vec cannot load {model!r}: {error}", kind="missing", remedy="give the folder of a downloaded model"
        ) from error

    class Static(Embeddings):
        """A model2vec model, run in process."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[float(x) for x in vector] for vector in static.encode(texts)]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    return Static()
