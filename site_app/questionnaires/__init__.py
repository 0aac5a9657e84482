"""Questionnaires: the library as organisers see it."""

from site_app.questionnaires.library import init_app
from site_app.questionnaires.views import blueprint
