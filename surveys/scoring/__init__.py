"""Scoring: from counts to scores, and what stays hidden.

Needs Python and `archive` alone, so that anybody can compute it again.
"""

from surveys.scoring.composite_scores import Composite, Deduction, Part, Rules, Subject
from surveys.scoring.round_scores import Score, Z, ranked, score, score_subject, shown, wilson
