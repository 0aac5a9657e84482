"""Long lists, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import peewee
from flask import abort, request, url_for

A_PAGE = 50
NAMES = ("page", "comments", "texts", "papers", "doors", "sort", "round", "unit", "q")

Item = TypeVar("Item")
Row = TypeVar("Row", bound=peewee.Model)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a long list; `name` is its parameter in the address.

    `endpoint` is the view that shows it, where that is not the one that was asked for.
    """

    name: str
    number: int
    last: int
    endpoint: str | None = None

    def of(self, query: peewee.ModelSelect[Row], size: int = A_PAGE) -> peewee.ModelSelect[Row]:
        """The rows of this page."""
        return query.paginate(self.number, size)

    def some(self, rows: Sequence[Item], size: int = A_PAGE) -> Sequence[Item]:
        """What of a list in memory stands on this page."""
        start = (self.number - 1) * size
        return rows[start : start + size]

    def address(self, number: int) -> str:
        """The address of another page of the same list."""
        others = {name: request.args[name] for name in NAMES if name in request.args}
        here = {**(request.view_args or {}), **others, self.name: number}
        return url_for(self.endpoint or str(request.endpoint), **here)


def page_of(
    total: int, size: int = A_PAGE, name: str = "page", endpoint: str | None = None
) -> Page:
    """The page that the reader asked for; 404 where there is none."""
    number = request.args.get(name, 1, type=int)
    last = max(-(-total // size), 1)
    if not 1 <= number <= last:
        abort(404)
    return Page(name, number, last, endpoint)
