"""How texts of the document are written in HTML."""

import re
from html import escape
from typing import Any, Final

import orjson

_CODE: Final = re.compile(r"`([^`]+)`")


def prose(text: str) -> str:
    """Returns a text as HTML: what stands between backticks is code, and an empty line begins a new one."""
    return _CODE.sub(r"<code>\1</code>", escape(text)).replace("\n\n", "<br><br>")


def indented(value: Any) -> str:
    """Returns a value as indented JSON, or a text as it is."""
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def sample(value: Any) -> str:
    """Returns an example as HTML. Long lines scroll, so that the element takes the focus."""
    return f'<pre tabindex="0">{escape(indented(value))}</pre>'
