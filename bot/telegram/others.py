"""What the bot cannot read, such as a voice message: one polite line, never silence."""

from __future__ import annotations

from telegram import Message, Update

from bot.telegram.addressed import is_addressed
from bot.telegram.request import Context, request_of

QUIET_SECONDS = 10.0  # in which a chat is told the same thing once
ALBUM_SECONDS = 600.0  # in which the pictures of an album arrive, however slowly


async def on_other(update: Update, context: Context) -> None:
    """A message that is neither text nor a document: say what can be sent instead. In groups only to who means us."""
    message = update.message
    if message is None or not is_addressed(message, context.bot.bot):
        return
    request = await request_of(update, context)
    if request is None:
        return
    recent, chat = request.desk.recent, message.chat.id
    album = message.media_group_id
    if album is not None and not recent.first(("album", chat, album), ALBUM_SECONDS):
        return
    key = key_of(message)
    if recent.first(("not read", chat, request.user.id, key), QUIET_SECONDS):
        await request.answer(request.t(key))


def key_of(message: Message) -> str:
    """The text that fits a message of this kind."""
    if message.voice or message.audio or message.video_note:
        return "other_voice"
    if message.photo or message.video or message.animation:
        return "other_picture"
    if message.sticker or message.dice:
        return "other_sticker"
    if message.document:
        return "other_document"
    return "other_any"
