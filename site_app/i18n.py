"""Two languages: Chinese is the source, English the translation; and words for what is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, request
from flask_babel import Babel, get_locale, gettext
from markupsafe import Markup, escape

from site_app.words import DISCLOSURE, MEMBERSHIP, PHASE, SAMPLING, UNIT_KIND
from surveys.messages import Refused

LANGUAGES = {"zh": "中文", "en": "English"}
LOCALES = {code: Locale(code) for code in LANGUAGES}
COOKIE = "lang"
TRANSLATIONS = Path(__file__).parent / "translations"
CHINESE = re.compile(r"[\u3400-\u9fff]")

babel = Babel()


def choose_language() -> str:
    """By link (`?lang=`), then cookie, then Accept-Language; else Chinese."""
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(list(LANGUAGES)) or "zh"


def language() -> str:
    """The language of the page being made: zh or en."""
    locale = get_locale()
    return str(locale.language) if locale else "zh"


def switched() -> bool:
    """Whether a form came by the language switch: drawn with what was typed, not acted upon."""
    return "keep" in request.form


def say(text: Mapping[str, str]) -> str:
    """A text of a questionnaire in the reader's language."""
    return text.get(language()) or text.get("zh", "")


def sentence(refused: Refused) -> str:
    """What was refused, in the reader's language."""
    return str(gettext(refused.message, **_spoken(refused)))


def _spoken(refused: Refused) -> dict[str, object]:
    """The parameters of a refusal, texts and refusals among them in the reader's language."""
    return {name: _said(value) for name, value in refused.params.items()}


def _said(value: object) -> object:
    if isinstance(value, Refused):
        return sentence(value)
    return say(value) if isinstance(value, Mapping) else value


def sentence_marked(refused: Refused) -> Markup:
    """`sentence` for a page: in English, what it quotes in Chinese is marked as Chinese."""
    if language() == "zh":
        return escape(sentence(refused))
    quoted = {
        name: sentence_marked(value) if isinstance(value, Refused) else value
        for name, value in refused.params.items()
    }
    return said(refused.message, **quoted)


def said(message: str, **params: object) -> Markup:
    """A msgid for a page, with what it quotes in Chinese marked as `sentence_marked` does."""
    words = escape(gettext(message))
    marked = {name: _marked(_said(value)) for name, value in params.items()}
    return words % marked if marked else words


def _marked(value: object) -> object:
    if isinstance(value, Mapping):
        return say(value)
    plain = isinstance(value, str) and not isinstance(value, Markup)
    if plain and language() != "zh" and CHINESE.search(str(value)):
        return Markup('<span lang="zh-CN">{}</span>').format(value)
    return value


def sentence_outside(refused: Refused, wish: str) -> str:
    """What was refused before there is a site to ask: zh, or en."""
    said = {
        name: sentence_outside(value, wish) if isinstance(value, Refused) else value
        for name, value in refused.params.items()
    }
    return str(_catalogue(wish).gettext(refused.message)) % said


@lru_cache
def _catalogue(wish: str) -> NullTranslations:
    return Translations.load(TRANSLATIONS, [wish] if wish != "zh" else [])


def local(instant: datetime) -> datetime:
    """An instant in the site's time zone."""
    return instant.astimezone(current_app.config["SITE"].zone)


def date_time(instant: datetime) -> str:
    """An instant for people: 2026-11-24 16:00."""
    return local(instant).strftime("%Y-%m-%d %H:%M")


def end_time(instant: datetime) -> str:
    """When something ends, for people: midnight belongs to the day before, as 2026-11-24 24:00."""
    there = local(instant)
    if (there.hour, there.minute, there.second) != (0, 0, 0):
        return date_time(instant)
    return f"{there.date() - timedelta(days=1)} 24:00"


def day(instant: datetime) -> str:
    """The day of an instant for people: 2026-11-24."""
    return local(instant).date().isoformat()


def init_app(app: Flask) -> None:
    """Set up gettext; remember a language chosen by link in a cookie."""
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    babel.init_app(app, locale_selector=lambda: LOCALES[choose_language()])
    app.jinja_env.filters.update(say=say, date_time=date_time, end_time=end_time, day=day)
    app.jinja_env.globals.update(
        LANGUAGES=LANGUAGES,
        language=language,
        UNIT_KIND=UNIT_KIND,
        MEMBERSHIP=MEMBERSHIP,
        PHASE=PHASE,
        DISCLOSURE=DISCLOSURE,
        SAMPLING=SAMPLING,
    )

    @app.after_request
    def remember(response: Response) -> Response:
        wish = request.args.get("lang")
        if wish in LANGUAGES and request.cookies.get(COOKIE) != wish:
            secure = current_app.config["SESSION_COOKIE_SECURE"]
            response.set_cookie(
                COOKIE, wish, max_age=31536000, samesite="Lax", httponly=True, secure=secure
            )
        return response
