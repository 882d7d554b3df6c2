"""One HTML file that asks nothing of any network: its style and scripts are inside, and run by their digests alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

# What no HTML file may hold, and what changes the direction of the writing around it.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)


def rendered(template: str, styles: Sequence[str], scripts: Sequence[str], **values: object) -> str:
    """A page: a template with its values, which reach it as text, and files of style and scripts."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("bot.rendering.report", "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_fit,
    )
    environment.filters["quoted"] = lambda name: quote(name, safe="", errors="replace")
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # ASCII: no character can do harm
    style, codes = "".join(_file(name) for name in styles), [_file(name) for name in scripts]
    page: str = environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 (files of the package)
        scripts=[Markup(code) for code in codes],  # noqa: S704 (files of the package)
        policy=_policy(style, codes),
        **values,
    )
    return page


def written(path: Path, page: str) -> Path:
    """Write a page all or nothing; returns its path."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(page, "utf-8")
    part.replace(path)
    return path


def _fit(value: Any) -> Any:
    """A value without the characters that must not stand in a page."""
    return _UNFIT.sub("\ufffd", value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _policy(style: str, scripts: Sequence[str]) -> str:
    """A Content-Security-Policy under which nothing is loaded, and only these texts are style and scripts."""
    allowed = " ".join(_digest(script) for script in scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _file(name: str) -> str:
    return (files("bot.rendering.report") / "page" / name).read_text("utf-8")
