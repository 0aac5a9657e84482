"""The roster: units and people, previewed, imported, left."""

from site_app.roster.views import blueprint
