"""Composites: several results in one, with signed figures and deductions."""

SCHEMA = """
CREATE TABLE "composite" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "title" VARCHAR(200) NOT NULL,
    "owner_id" INTEGER NOT NULL,
    "rules" TEXT NOT NULL,
    "state" VARCHAR(12) NOT NULL CHECK (state IN ('draft', 'computed', 'published')),
    "computed_at" TEXT,
    "published_at" TEXT,
    "document" BLOB,
    "sha256" VARCHAR(64),
    "revision" INTEGER NOT NULL,
    FOREIGN KEY ("owner_id") REFERENCES "unit" ("id") ON DELETE RESTRICT,
    CHECK ((state = 'draft') = (document IS NULL)),
    CHECK ((document IS NULL) = (sha256 IS NULL)),
    CHECK ((state = 'published') = (published_at IS NOT NULL))
);

CREATE INDEX "composite_owner_id" ON "composite" ("owner_id");

CREATE TABLE "composite_subject" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "composite_id" INTEGER NOT NULL,
    "key" VARCHAR(40) NOT NULL,
    "label" VARCHAR(120) NOT NULL,
    "place_label" VARCHAR(120) NOT NULL,
    "unit_id" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "decided_grade" VARCHAR(40),
    "decided_reason" TEXT NOT NULL,
    "decided_by" VARCHAR(60),
    "decided_at" TEXT,
    FOREIGN KEY ("composite_id") REFERENCES "composite" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("unit_id") REFERENCES "unit" ("id") ON DELETE RESTRICT,
    CHECK ((decided_grade IS NULL) = (decided_at IS NULL))
);

CREATE INDEX "composite_subject_composite_id" ON "composite_subject" ("composite_id");

CREATE INDEX "composite_subject_unit_id" ON "composite_subject" ("unit_id");

CREATE UNIQUE INDEX "composite_subject_composite_id_key" ON "composite_subject" ("composite_id", "key");

CREATE TABLE "composite_deduction" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "subject_id" INTEGER NOT NULL,
    "points" VARCHAR(40) NOT NULL,
    "reason" TEXT NOT NULL,
    "entered_by" VARCHAR(60) NOT NULL,
    "entered_at" TEXT NOT NULL,
    FOREIGN KEY ("subject_id") REFERENCES "composite_subject" ("id") ON DELETE CASCADE
);

CREATE INDEX "composite_deduction_subject_id" ON "composite_deduction" ("subject_id");

CREATE TABLE "composite_figure" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "subject_id" INTEGER NOT NULL,
    "part" VARCHAR(64) NOT NULL,
    "value" VARCHAR(40) NOT NULL,
    "denominator" VARCHAR(40),
    "signed_by" VARCHAR(120) NOT NULL,
    "signed_on" VARCHAR(10) NOT NULL,
    "entered_by" VARCHAR(60) NOT NULL,
    "entered_at" TEXT NOT NULL,
    FOREIGN KEY ("subject_id") REFERENCES "composite_subject" ("id") ON DELETE CASCADE
);

CREATE INDEX "composite_figure_subject_id" ON "composite_figure" ("subject_id");

CREATE UNIQUE INDEX "composite_figure_subject_id_part" ON "composite_figure" ("subject_id", "part");

CREATE TABLE "composite_source" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "composite_id" INTEGER NOT NULL,
    "part" VARCHAR(64) NOT NULL,
    "round_id" INTEGER,
    "other_id" INTEGER,
    FOREIGN KEY ("composite_id") REFERENCES "composite" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE RESTRICT,
    FOREIGN KEY ("other_id") REFERENCES "composite" ("id") ON DELETE RESTRICT,
    CHECK ((round_id IS NULL) != (other_id IS NULL)),
    CHECK (other_id IS NULL OR other_id != composite_id)
);

CREATE INDEX "composite_source_composite_id" ON "composite_source" ("composite_id");

CREATE INDEX "composite_source_round_id" ON "composite_source" ("round_id");

CREATE INDEX "composite_source_other_id" ON "composite_source" ("other_id");

CREATE UNIQUE INDEX "composite_source_composite_id_part" ON "composite_source" ("composite_id", "part");
"""


def up(migrator, db):
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            db.execute_sql(statement)
