"""Texts that answer a question, written when a round is closed."""

SCHEMA = """
CREATE TABLE "text_answer" (
    "round_id" INTEGER NOT NULL,
    "key" BLOB NOT NULL,
    "subject_id" INTEGER NOT NULL,
    "question" VARCHAR(64) NOT NULL,
    "text" TEXT NOT NULL,
    PRIMARY KEY ("round_id", "key"),
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("subject_id") REFERENCES "subject" ("id") ON DELETE CASCADE
) WITHOUT ROWID
"""


def up(migrator, db):
    db.execute_sql(SCHEMA.strip())
