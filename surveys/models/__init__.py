"""The tables of the survey module, by what they are about.

What is secret is secret by what these tables cannot say: a rating knows neither code nor time nor
address, and its neighbours from the same sheet carry other random keys. The secret tables are not
borne here: `surveys.models.ballots` is imported by the wings that cast and count, by no other.
"""

from surveys.models import ballots
from surveys.models.composites import (
    Composite,
    CompositeDeduction,
    CompositeFigure,
    CompositeSource,
    CompositeSubject,
)
from surveys.models.results import Archive, Decision, Score, TextAnswer
from surveys.models.rounds import Delay, Group, Pledge, Round, Subject
from surveys.models.units import MEMBERSHIPS, UNIT_KINDS, Person, Unit, path_to_root, reach

TABLES = (
    Unit,
    Person,
    Round,
    Delay,
    Pledge,
    Group,
    Subject,
    ballots.AccessCode,
    ballots.Receipt,
    ballots.Rating,
    ballots.Comment,
    TextAnswer,
    Archive,
    Score,
    Decision,
    Composite,
    CompositeSource,
    CompositeSubject,
    CompositeFigure,
    CompositeDeduction,
)
"""All of them, each after those that it refers to."""
