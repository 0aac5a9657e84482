"""The roster: units and people, read from lists, compared, left."""

from surveys.roster.lists import PEOPLE, UNITS, Field, Preview, Register, apply, headcounts, tree
from surveys.roster.rows import PersonRow
