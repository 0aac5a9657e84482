"""Results: what everybody may see, what organisers see, and sheets to print."""

from site_app.results import desk, prints
from site_app.results.public import blueprint
