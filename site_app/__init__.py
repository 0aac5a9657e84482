"""The site: everything that knows Flask."""

from __future__ import annotations

import os
from collections.abc import Mapping

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from site_app import (
    accounts,
    answers,
    cli,
    composites,
    config,
    errors,
    help,
    i18n,
    models,
    plan,
    questionnaires,
    results,
    roster,
    rounds,
    security,
    static_files,
    storage,
    units,
)


class RowId(IntegerConverter):
    """A whole number in an address, no larger than the database can hold: else 404."""

    def __init__(self, map: Map, max: int = models.LARGEST_ID) -> None:
        super().__init__(map, max=max)


def create_app(environment: Mapping[str, str] | None = None) -> Flask:
    """The WSGI application; settings come from the environment (`site_app.config`)."""
    app = errors.Site(__name__, template_folder="../templates")
    app.config["SITE"] = config.read(os.environ if environment is None else environment)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.converters["int"] = RowId
    storage.init_app(app)
    security.init_app(app)
    static_files.init_app(app)
    i18n.init_app(app)
    accounts.init_app(app)
    errors.init_app(app)
    questionnaires.init_app(app)
    rooms = (
        plan,
        answers,
        accounts,
        rounds,
        questionnaires,
        results,
        units,
        composites,
        roster,
        help,
    )
    for room in rooms:
        app.register_blueprint(room.blueprint)
    cli.init_app(app)
    return app
