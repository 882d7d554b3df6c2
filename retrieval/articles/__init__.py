"""Reads articles from files, folders and the web: text without boilerplate, and what is known about it."""

from retrieval.articles.origins import Document, Origin, count, documents, origin_of

__all__ = ["Document", "Origin", "count", "documents", "origin_of"]
