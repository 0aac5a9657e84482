"""Rounds on the desk: from the draft to the count, with codes and posters."""

from site_app.rounds import codes, counting, posters, rules
from site_app.rounds.views import blueprint
