"""The order of a table of results: that of the tree, or by a figure that the reader chose.

Sorting is a plain link. Lines without a figure come last, in their own order, so that the place
of a hidden one says nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import peewee
from flask import abort, request, url_for

from surveys.models import Score

FIGURES = {"rate": Score.rate.cast("REAL"), "score": Score.score.cast("REAL"), "valid": Score.valid}
RISING = "-rising"


@dataclass(frozen=True, slots=True)
class Order:
    """By which figure lines stand, the highest first unless `rising`; no key: as in the tree."""

    key: str
    rising: bool

    def of(self, rows: peewee.ModelSelect[Score]) -> peewee.ModelSelect[Score]:
        """The rows in this order."""
        if not self.key:
            return rows
        figure = FIGURES[self.key]
        by = figure.asc(nulls="LAST") if self.rising else figure.desc(nulls="LAST")
        return rows.order_by(by, Score.position)

    def address(self, key: str) -> str:
        """The address of this table sorted by a figure; turned round where it is already."""
        turned = key == self.key and not self.rising
        wish = key + RISING if turned else key
        return url_for(str(request.endpoint), **(request.view_args or {}), sort=wish or None)


def order_asked() -> Order:
    """The order that the reader asked for; 404 where there is none of that name."""
    wish = request.args.get("sort", "")
    key = wish.removesuffix(RISING)
    if wish and key not in FIGURES:
        abort(404)
    return Order(key, wish.endswith(RISING))
