"""What stands around every command: errors in words, the language, the page to print on, the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bot.texts import Texts, texts
from retrieval.errors import SourcierError
from retrieval.settings import Settings

if TYPE_CHECKING:
    from bot.rendering.terminal import Page


class Group(click.Group):
    """Turns our errors and Ctrl-C into messages and exit statuses; no traceback reaches the user."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SourcierError as error:
            t = own_texts()
            click.secho(t("error", message=error), fg="red", err=True)
            if error.remedy:
                click.echo(t("remedy", remedy=error.remedy), err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            key = {"ingest": "ingest_interrupted", "eval": "eval_interrupted"}.get(
                ctx.invoked_subcommand or "", "interrupted"
            )
            click.echo("\n" + own_texts()(key), err=True)
            ctx.exit(130)


def own_texts() -> Texts:
    """The texts in the language of the settings, or of the locale when the settings cannot be read."""
    try:
        return texts(Settings.load().language)
    except SourcierError:  # the settings themselves are wrong, and it is that which is being told
        return texts()


def page_of(settings: Settings) -> Page:
    """Standard output as a page: as wide as the terminal, and coloured when it is one."""
    import shutil
    import sys

    from bot.rendering.terminal import Page

    tty = sys.stdout.isatty()
    return Page(texts(settings.language), min(shutil.get_terminal_size().columns, 100) if tty else 80, tty)


def settings_for(samples: bool) -> Settings:
    """The settings, or those of the sample store once it is ready."""
    settings = Settings.load()
    if samples:
        from bot.samples import prepare

        return prepare(settings)
    return settings
