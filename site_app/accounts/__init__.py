"""Accounts: signing in and out, what an organiser may reach, and the log of what was done."""

from site_app.accounts import audit
from site_app.accounts.guards import blueprint
from site_app.accounts.sign_in import init_app
