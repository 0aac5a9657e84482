"""The site's clock, in one place so that a test can set it, and when to doubt it."""

from datetime import UTC, datetime, timedelta

FURTHEST = timedelta(days=1)
"""So far a right clock may be from the newest time known, before somebody is asked to look."""


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def doubt(moment: datetime, newest_known: datetime | None) -> str | None:
    """Whether a clock that shows this moment may be wrong: `behind` or `ahead`; none where not.

    `newest_known` is the newest time on record; none where there is none to compare with.
    """
    if newest_known is None or newest_known <= moment <= newest_known + FURTHEST:
        return None
    return "behind" if moment < newest_known else "ahead"
