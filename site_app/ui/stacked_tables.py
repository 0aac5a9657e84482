"""Tables whose rows stand as small blocks on a phone, name over figures, each figure with its word.

The words are those of the headings, so that no template writes them twice. Roles are written out:
some browsers take them from a table that is displayed as anything else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

ROLES = {
    "thead": "rowgroup",
    "tbody": "rowgroup",
    "tr": "row",
    "td": "cell",
    'th scope="col"': "columnheader",
    'th scope="row"': "rowheader",
}
PART = re.compile(r'<(thead|tbody|tr|td|th scope="(?:col|row)")(?=[\s>])([^>]*)>')
HEADING = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
SPAN = re.compile(r'colspan="(\d+)"')


def stacking(table: Markup) -> Markup:
    """Head and body of a table with roles, and with the word of its column on each cell."""
    head, body = str(table).split("</thead>", 1)
    words = [_word(each) for each in HEADING.findall(head)]
    rows = (_row(each, words) for each in re.split(r"(?=<tr[\s>])", body))
    head = PART.sub(_with_role, head)
    # It came in as Markup, escaped by Jinja; what is added is our own, or escaped here.
    return Markup(head + "</thead>" + "".join(rows))  # noqa: S704 - see above


def _word(heading: str) -> str:
    """What stands in a heading; a drawing has words of its own."""
    # Markup only for its striptags, which gives plain text back: it is escaped where it is used.
    return "" if "visually-hidden" in heading else str(Markup(heading).striptags())  # noqa: S704


def _row(row: str, words: Sequence[str]) -> str:
    column = 0

    def part(found: re.Match[str]) -> str:
        nonlocal column
        tag = _with_role(found)
        if found[1] in ("tr", "tbody"):
            return tag
        spans = SPAN.search(found[2])
        word = words[column] if found[1] == "td" and not spans else ""
        column += int(spans[1]) if spans else 1
        return f'{tag[:-1]} data-word="{escape(word)}">' if word else tag

    return PART.sub(part, row)


def _with_role(found: re.Match[str]) -> str:
    return f'<{found[1]}{found[2]} role="{ROLES[found[1]]}">'
