"""The plan: its document, its items and what each calls for."""

from site_app.plan.views import blueprint
