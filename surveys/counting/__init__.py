"""Counting: from the sealed urn to archive and scores, once and final."""

from surveys.counting.count import (
    Foreseen,
    NotNow,
    check_can_be_counted,
    check_something_is_left,
    close,
    closing,
    foreseen,
    shows_something,
    turnout,
)
