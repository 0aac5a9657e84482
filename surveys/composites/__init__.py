"""Composites: several results of the same subjects in one."""

from surveys.composites.lifecycle import (
    audience,
    choose_sources,
    choose_subjects,
    composites_for,
    compute,
    create,
    decide,
    deduct,
    discard,
    plan_years,
    publish,
    rounds_for,
    set_figures,
    undeduct,
    visible_to,
)
from surveys.composites.rules import Sheet, library
from surveys.composites.subjects import in_sources, named
