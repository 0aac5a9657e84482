"""Long lists, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import peewee
from flask import abort, request, url_for

A_PAGE = 50
NAMES = ("page", "comments")

Row = TypeVar("Row", bound=peewee.Model)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a long list; `name` is its parameter in the address."""

    name: str
    number: int
    last: int

    def of(self, query: peewee.ModelSelect[Row], size: int = A_PAGE) -> peewee.ModelSelect[Row]:
        """The rows of this page."""
        return query.paginate(self.number, size)

    def address(self, number: int) -> str:
        """The address of another page of the same list."""
        others = {name: request.args[name] for name in NAMES if name in request.args}
        here = {**(request.view_args or {}), **others, self.name: number}
        return url_for(str(request.endpoint), **here)


def page_of(total: int, size: int = A_PAGE, name: str = "page") -> Page:
    """The page that the reader asked for; 404 where there is none."""
    number = request.args.get(name, 1, type=int)
    last = max(-(-total // size), 1)
    if not 1 <= number <= last:
        abort(404)
    return Page(name, number, last)
