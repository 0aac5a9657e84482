"""Units: one page each, of all that was published about it."""

from site_app.units.views import blueprint
