"""Ballots: codes, the sealed urn, and the one way to hand in a sheet.

With `counting` the only wing that knows the secret tables.
"""

from surveys.ballots.casting import (
    GIVEN_UP,
    SPEND,
    BadSheet,
    OverQuota,
    Sheet,
    around,
    around_comment,
    cast,
    cast_openly,
    check_open,
    check_quotas,
    find,
    ratings,
)
from surveys.ballots.codes import (
    MOST_CODES,
    Closed,
    CodeCount,
    NotACode,
    Right,
    Spent,
    Wanted,
    code_counts,
    codes_ever,
    issue_codes,
    issue_sets,
    recognise,
    subjects_of,
    unspent,
    void_codes,
    withdraw_codes,
)
