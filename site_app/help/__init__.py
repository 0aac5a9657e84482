"""Help: the manual, and the components that pages are made of."""

from site_app.help.views import blueprint
