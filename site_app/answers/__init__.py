"""Answers: what residents and members see and send, from the door to the thanks."""

from site_app.answers.survey import blueprint
