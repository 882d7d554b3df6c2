"""From articles to verified answers: ingestion, search, answering. Knows nothing of Telegram or terminals."""
