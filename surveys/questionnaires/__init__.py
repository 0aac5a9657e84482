"""Questionnaires: files of questions, read and checked; the kinds of question."""

from surveys.questionnaires.questionnaire import (
    Answers,
    Question,
    Questionnaire,
    Quota,
    check_audience,
)
