"""The bot in Telegram: handlers around the chain, with its own memory, delivery and pacing."""
