"""Messages that people send by inline mode, which the emulated Telegram lacks: chosen, pressed, edited by their id.

Texts, buttons and limits are judged by the emulator's own rules, and its faults hit these calls too.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

from emulator import load
from running import Scene


@dataclass
class InlineMessage:
    """A message as those in its chat see it, and every text it had."""

    data: dict[str, Any]
    versions: list[str]

    @property
    def text(self) -> str:
        return self.versions[-1]

    @property
    def buttons(self) -> dict[str, str]:
        """What the buttons give the bot, or open, by their labels."""
        rows = self.data.get("reply_markup", {}).get("inline_keyboard", [])
        return {b["text"]: b.get("callback_data") or b["url"] for row in rows for b in row}


class InlineMode:
    """What people do with a bot by its name in any chat. `feedback`: BotFather's /setinlinefeedback."""

    def __init__(self, scene: Scene, *, feedback: bool = False) -> None:
        self._scene, self._emulator, self._feedback = scene, scene.emulator, feedback
        self._numbers = itertools.count(1)
        self.messages: dict[str, InlineMessage] = {}
        self._edit = self._emulator.api_editmessagetext
        self._emulator.api_editmessagetext = self._edited

    async def typed(self, user: int, text: str) -> dict[str, Any]:
        """Type "@bot text": what Telegram shows."""
        query = self._emulator.inline(user, text)["query_id"]
        answer: dict[str, Any] = await self._scene.until(lambda: self._emulator.inline_queries[query]["answer"])
        return answer

    async def choose(self, user: int, text: str, number: int = 0) -> str:
        """Type, and send one of the results; the id of the message that this makes."""
        answer = await self.typed(user, text)
        result, made = answer["results"][number], f"AgAAA-inline-{next(self._numbers)}"
        shown = result["input_message_content"]
        done = self._emulator.formatted(shown["message_text"], shown.get("parse_mode", ""), None)
        _, markup = load().check_markup(result.get("reply_markup") or {})
        self.messages[made] = InlineMessage(done | {"reply_markup": markup or {}}, [done["text"]])
        if self._feedback:
            chosen = {"result_id": result["id"], "from": self._person(user), "query": text}
            known = {"inline_message_id": made} if markup else {}  # as Telegram: only where there are buttons
            assert self._emulator.update("chosen_inline_result", chosen | known)["delivered"]
        return made

    def press(self, user: int, message: str, label: str) -> list[dict[str, Any]]:
        """Press a button under an inline message; what the bot answers to that appears in the list."""
        data, number = self.messages[message].buttons[label], str(7_000_000_000_000 + next(self._numbers))
        answers: list[dict[str, Any]] = []
        self._emulator.callbacks[number] = {"chat_id": 0, "data": data, "at": time.monotonic(), "answers": answers}
        pressed = {"id": number, "from": self._person(user), "inline_message_id": message, "data": data}
        assert self._emulator.update("callback_query", pressed | {"chat_instance": "1"})["delivered"]
        return answers

    def _person(self, user: int) -> dict[str, Any]:
        found: dict[str, Any] = self._emulator.room(user)[0]
        return found

    async def _edited(self, call: Any) -> Any:
        """editMessageText, for inline messages too."""
        module, number = load(), call.text("inline_message_id")
        if not number:
            return await self._edit(call)
        module.need(number in self.messages, "MESSAGE_ID_INVALID")
        message, content = self.messages[number], self._emulator.content(call)
        _, markup = module.check_markup(call.json("reply_markup", "reply keyboard markup"))
        module.need(self._emulator.length(content["text"]) <= 4096, "MESSAGE_TOO_LONG")
        self._emulator.limits.spend(("everywhere", 0))
        new = content | {"reply_markup": markup or {}}
        module.need(new != message.data, "message is not modified")
        message.data = new
        message.versions.append(content["text"])
        return True
