"""The yardsticks of the bench, served as the site is: a bare view that stores, and a hello."""

from __future__ import annotations

import os
import sqlite3
import threading

from flask import Flask, request

app = Flask(__name__)
here = threading.local()


def connection() -> sqlite3.Connection:
    """This thread's connection, as durable as the site's."""
    if not hasattr(here, "connection"):
        here.connection = sqlite3.connect(os.environ["BARE_DATABASE"], isolation_level=None)
        here.connection.execute("PRAGMA journal_mode = wal")
        here.connection.execute("PRAGMA synchronous = full")
        here.connection.execute("CREATE TABLE IF NOT EXISTS said (words TEXT)")
    kept: sqlite3.Connection = here.connection
    return kept


@app.post("/bare")
def bare() -> str:
    """One durable transaction of one row."""
    words = request.form["words"]
    connection().execute("BEGIN IMMEDIATE")
    connection().execute("INSERT INTO said VALUES (?)", (words,))
    connection().execute("COMMIT")
    return "谢谢"


@app.get("/hello")
def hello() -> str:
    """What a page costs that says nothing."""
    return "hello"
