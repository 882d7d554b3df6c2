"""Every setting, read once from the environment (and a `.env` file). The only place that reads either."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrieval.errors import SettingsError

OPENAI_URL = "https://api.openai.com/v1"  # explicit, so that no variable of the environment redirects a client
BUILT_IN_PRICES = (
    "gpt-6-luna=0.10/0.50/0.01/0.125,text-embedding-3-small=0.02,text-embedding-3-large=0.13,"
    "text-embedding-ada-002=0.10"
)


class Secret(str):
    """A string whose repr does not show it."""

    def __repr__(self) -> str:
        return "'***'" if self else "''"


def _setting(env: str, default: Any, text: str, choices: tuple[str, ...] = (), least: int = 0) -> Any:
    return field(default=default, metadata={"env": env, "help": text, "choices": choices, "least": least})


@dataclass(frozen=True, slots=True)
class Settings:
    """Immutable settings; `Settings.load()` reads them. Each field's help is what `.env.example` says of it."""

    home: Path = _setting("SOURCIER_HOME", Path("~/.sourcier"), "Where all state lives: store, word index, history.")
    language: str = _setting(
        "SOURCIER_LANGUAGE", "auto", "Language of the interface; auto follows the locale.", ("auto", "fr", "en")
    )
    mode: str = _setting(
        "SOURCIER_MODE",
        "auto",
        "Who answers: extractive quotes and needs no model; auto uses a model when a key or a server is set.",
        ("auto", "extractive", "model"),
    )
    openai_api_key: Secret = _setting("OPENAI_API_KEY", Secret(""), "Key of OpenAI or of a compatible server.")
    openai_base_url: str = _setting(
        "OPENAI_BASE_URL",
        "",
        "An OpenAI-compatible server (Ollama, vLLM, llama.cpp, LiteLLM), e.g. http://127.0.0.1:11434/v1.",
    )
    chat_model: str = _setting(
        "SOURCIER_CHAT_MODEL",
        "openai:gpt-6-luna",
        "Chat model, as provider:model (what LangChain's init_chat_model takes).",
    )
    judge_model: str = _setting(
        "SOURCIER_JUDGE_MODEL",
        "",
        "Chat model that judges answers in `sourcier eval --judge`; default: SOURCIER_CHAT_MODEL.",
    )
    embeddings: str = _setting(
        "SOURCIER_EMBEDDINGS",
        "auto",
        "Embedding model: none, openai:<model>, model2vec:<name or folder>; auto is openai:text-embedding-3-small "
        "when OPENAI_API_KEY is set without OPENAI_BASE_URL, else none.",
    )
    passages: int = _setting(
        "SOURCIER_PASSAGES", 10, "Passages found for a question, which its answer is made from.", least=1
    )
    title_weight: float = _setting(
        "SOURCIER_TITLE_WEIGHT", 0.5, "Weight of an article's title beside the passage's text (1) in word search."
    )
    answer_from: float = _setting(
        "SOURCIER_ANSWER_FROM",
        0.4,
        "Probability (0 to 1) that the passages hold an answer, from which extractive mode shows one; below, it says "
        "that it found none. Lower answers more and errs more.",
    )
    vector_weight: float = _setting(
        "SOURCIER_VECTOR_WEIGHT",
        0.2,
        "Weight of vectors beside words (1) in search. The default costs nothing even with a meaningless model; "
        "a strong multilingual one may deserve more: tests/benchmarks/fusion.py measures it.",
    )
    chroma_url: str = _setting(
        "CHROMA_URL", "", "A Chroma server to use instead of the embedded store, e.g. http://127.0.0.1:8000."
    )
    database_url: Secret = _setting(
        "SOURCIER_DATABASE_URL",
        Secret(""),
        "SQL database of the Telegram bot's conversations; default: SQLite in SOURCIER_HOME.",
    )
    telegram_bot_token: Secret = _setting("TELEGRAM_BOT_TOKEN", Secret(""), "Token of the Telegram bot.")
    telegram_api_url: str = _setting("TELEGRAM_API_URL", "", "A self-hosted Bot API server; default: Telegram's.")
    telegram_webhook_secret: Secret = _setting(
        "TELEGRAM_WEBHOOK_SECRET",
        Secret(""),
        "Secret that Telegram sends with each webhook call; by default a new one at each start. Set it where several "
        "processes share one webhook.",
    )
    stop_seconds: float = _setting(
        "SOURCIER_STOP_SECONDS",
        20.0,
        "Seconds that answers under way may take when the Telegram bot is told to stop; the others are given at the "
        "next start.",
    )
    daily_questions: int = _setting(
        "SOURCIER_DAILY_QUESTIONS",
        200,
        "Questions that one person may ask the Telegram bot in a day; owners any number. 0: no limit.",
    )
    daily_tokens: int = _setting(
        "SOURCIER_DAILY_TOKENS",
        0,
        "Tokens that one person's answers may take in a day in Telegram; then answers are extractive. 0: no limit.",
    )
    daily_cost_usd: float = _setting(
        "SOURCIER_DAILY_COST_USD",
        0.0,
        "US dollars that one person's answers may cost in a day in Telegram; then answers are extractive. 0: no limit.",
    )
    daily_budget_usd: float = _setting(
        "SOURCIER_DAILY_BUDGET_USD",
        0.0,
        "US dollars that all answers may cost in a day (UTC), in the terminal, in Telegram and in evaluations "
        "together; then answers are extractive. 0: no limit.",
    )
    retention_days: int = _setting(
        "SOURCIER_RETENTION_DAYS", 365, "Days that the Telegram bot keeps conversations. 0: for ever."
    )
    understanding: str = _setting(
        "SOURCIER_UNDERSTANDING",
        "auto",
        "Whether a model that writes the answers is first asked what to search for: auto asks it where the question "
        "goes on with a conversation, has several parts, is not in the articles' language, or finds too little.",
        ("auto", "off"),
    )
    understanding_timeout: float = _setting(
        "SOURCIER_UNDERSTANDING_TIMEOUT", 10.0, "Seconds that this may take; then the question is taken as it is."
    )
    entailment: str = _setting(
        "SOURCIER_ENTAILMENT",
        "off",
        "Whether a model reads each verified sentence once more beside its quotes, for what verification does not see "
        "(a negation, a cause, who did what to whom): on costs one small call for each sentence.",
        ("off", "on"),
    )
    entailment_timeout: float = _setting(
        "SOURCIER_ENTAILMENT_TIMEOUT", 10.0, "Seconds that this may take for a sentence; then it is shown as verified."
    )
    model_timeout: float = _setting("SOURCIER_MODEL_TIMEOUT", 30.0, "Seconds that one model call may take.")
    model_retries: int = _setting("SOURCIER_MODEL_RETRIES", 2, "Retries of a model call after a transient failure.")
    deadline: float = _setting(
        "SOURCIER_DEADLINE", 60.0, "Seconds that one answer may take in all; then the extractive answer is given."
    )
    context_tokens: int = _setting(
        "SOURCIER_CONTEXT_TOKENS", 6000, "Most tokens of passages that one model call is given."
    )
    prices: str = _setting(
        "SOURCIER_PRICES",
        BUILT_IN_PRICES,
        "US dollars for a million tokens, as model=input/output/cached input/cache writes, separated by commas; all "
        "but the first may be left out, and * is any other model. What is set here joins the built-in prices.",
    )
    spending: str = _setting(
        "SOURCIER_SPENDING",
        "",
        "Where what models cost is kept, a SQLite file; default: spending.sqlite in SOURCIER_HOME. Several homes may "
        "share one, and its daily budget.",
    )
    ask_above_usd: float = _setting(
        "SOURCIER_ASK_ABOVE_USD",
        0.05,
        "US dollars that embedding may cost before `sourcier ingest` asks; without a terminal it then needs --yes. "
        "Where the price of a model is unknown, it always asks.",
    )
    max_file_mb: float = _setting(
        "SOURCIER_MAX_FILE_MB",
        100.0,
        "Largest file or download that is read, in MB (a .jsonl may be larger, its lines not).",
    )
    fetch_timeout: float = _setting("SOURCIER_FETCH_TIMEOUT", 20.0, "Seconds that fetching one URL may take.")
    allow_private_urls: bool = _setting(
        "SOURCIER_ALLOW_PRIVATE_URLS", False, "Allow URLs on private and loopback addresses (true or false)."
    )

    @classmethod
    def load(
        cls,
        environ: Mapping[str, str] | None = None,
        dotenv: Path | None = Path(".env"),
        given: Path | None = None,
    ) -> Settings:
        """Read the environment, then `.env` for what it lacks. An empty value is the default.

        `given` is a file like `.env` that wins over both, and may only name settings. Raises SettingsError naming the
        variable and what it takes.
        """
        values: dict[str, str] = {}
        if dotenv is not None and dotenv.is_file():
            from dotenv import dotenv_values

            values = {k: v for k, v in dotenv_values(dotenv).items() if v}
        values.update({k: v for k, v in (os.environ if environ is None else environ).items() if v})
        if given is not None:
            values = {k: v for k, v in {**values, **_only_settings(given, cls)}.items() if v}
        found = {}
        for f in dataclasses.fields(cls):
            name = f.metadata["env"]
            if name in values:
                found[f.name] = _cast(name, values[name].strip(), f.default, f.metadata)
        settings = cls(**found)
        home = settings.home.expanduser().absolute()
        spending = Path(settings.spending or home / "spending.sqlite").expanduser().absolute()
        return dataclasses.replace(settings, home=home, spending=str(spending))

    @property
    def spending_file(self) -> Path:
        """Where what models cost is kept. Settings for another home, such as the sample articles', keep the place."""
        return Path(self.spending) if self.spending else self.home / "spending.sqlite"

    @property
    def uses_model(self) -> bool:
        """Whether a chat model writes the answers."""
        if self.mode == "auto":
            return bool(self.openai_api_key or self.openai_base_url)
        return self.mode == "model"

    @property
    def embedding_model(self) -> str | None:
        """The embedding model in force, or None for word search alone."""
        if self.embeddings == "auto":
            return "openai:text-embedding-3-small" if self.openai_api_key and not self.openai_base_url else None
        return None if self.embeddings == "none" else self.embeddings


def _only_settings(path: Path, cls: type[Settings]) -> dict[str, str]:
    from dotenv import dotenv_values

    if not path.is_file():
        raise SettingsError(f"{path}: there is no such file")
    try:
        found = {name: value or "" for name, value in dotenv_values(path).items()}
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not a text file") from error
    if unknown := sorted(found.keys() - {f.metadata["env"] for f in dataclasses.fields(cls)}):
        raise SettingsError(f"{path}: no setting is called {', '.join(unknown)}", remedy="see .env.example")
    return found


def _cast(name: str, value: str, default: Any, metadata: Mapping[str, Any]) -> Any:
    choices = metadata["choices"]
    if choices and value not in choices:
        raise SettingsError(
            f"{name}={value!r} is not one of {', '.join(choices)}", remedy=f"set {name} to one of them, or unset it"
        )
    if isinstance(default, bool):
        if value.lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise SettingsError(f"{name}={value!r} is not true or false", remedy=f"set {name}=true or {name}=false")
        return value.lower() in ("true", "1", "yes")
    if isinstance(default, (int, float)):
        try:
            number = type(default)(value)
        except ValueError:
            number = type(default)(-1)
        if number < metadata["least"] or number != number:
            raise SettingsError(
                f"{name}={value!r} is not a number that can be used", remedy=f"set {name} to a number such as {default}"
            )
        return number
    return type(default)(value)
