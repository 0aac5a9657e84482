"""The language switch stays on its page and keeps what was typed; it stores nothing.

It is pressed as a browser presses it: with the fields of the form that it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from site_app import auth, clock, create_app
from site_app.models import Account
from surveys.db import database
from tests import pages_site
from tests.conftest import check_house_rules, form_token
from tests.factories import DURING
from tests.pages_site import Doors
from tests.pages_states import HIDDEN_ONLY, SENT, State

