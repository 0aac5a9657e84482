"""Published composites, for everybody."""

from __future__ import annotations

from flask import Response, render_template

from site_app.composites import loading
from site_app.composites.desk import blueprint
from site_app.composites.loading import (
    download,
    frame,
    load_public,
    load_subject,
    table,
    working_page,
)


@blueprint.get("/composites")
def published() -> str:
    """The composites that everybody may see, newest first."""
    found = loading.for_everybody()
    return render_template("composites/published.html", composites=found)


@blueprint.get("/composites/<int:composite_id>")
def public(composite_id: int) -> str:
    """A published composite, for everybody."""
    whole = load_public(composite_id)
    return render_template("composites/public.html", **frame(whole), **table(whole))


@blueprint.get("/composites/<int:composite_id>/subjects/<key>")
def public_subject(composite_id: int, key: str) -> str:
    """How one subject's number came about, for everybody."""
    whole = load_public(composite_id)
    return working_page(whole, load_subject(whole, key), "composites/public_subject.html")


@blueprint.get("/composites/<int:composite_id>/composite.json")
def json(composite_id: int) -> Response:
    """The kept document of a composite that everybody may see."""
    return download(load_public(composite_id))
