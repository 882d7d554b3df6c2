"""The edges that people touch: the command line, the terminal chat, Telegram. Imports retrieval, never the reverse."""
