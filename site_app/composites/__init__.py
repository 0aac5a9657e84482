"""Composites: their pages on the desk and for everybody."""

from site_app.composites import public
from site_app.composites.desk import blueprint
