"""The first schema, written by hand: the generator drops WITHOUT ROWID and CHECKs."""

SCHEMA = """
CREATE TABLE "unit" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "code" VARCHAR(40) NOT NULL,
    "name" VARCHAR(120) NOT NULL,
    "kind" VARCHAR(12) NOT NULL CHECK (kind IN ('district', 'subdistrict', 'community', 'village', 'branch', 'organ', 'school', 'enterprise', 'social')),
    "parent_id" INTEGER,
    FOREIGN KEY ("parent_id") REFERENCES "unit" ("id") ON DELETE RESTRICT
);

CREATE UNIQUE INDEX "unit_code" ON "unit" ("code");

CREATE INDEX "unit_parent_id" ON "unit" ("parent_id");

CREATE TABLE "round" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "title" VARCHAR(200) NOT NULL,
    "owner_id" INTEGER NOT NULL,
    "questionnaire" TEXT NOT NULL,
    "rules" TEXT NOT NULL,
    "plan_year" INTEGER,
    "plan_items" TEXT NOT NULL,
    "chosen" TEXT NOT NULL,
    "needs_codes" INTEGER NOT NULL,
    "state" VARCHAR(12) NOT NULL CHECK (state IN ('draft', 'open', 'closed', 'published', 'abandoned')),
    "opens_at" TEXT,
    "ends_at" TEXT,
    "closed_at" TEXT,
    "published_at" TEXT,
    "abandoned_reason" TEXT,
    "key_check" BLOB,
    "revision" INTEGER NOT NULL,
    FOREIGN KEY ("owner_id") REFERENCES "unit" ("id") ON DELETE RESTRICT,
    CHECK (opens_at IS NULL OR ends_at IS NULL OR opens_at < ends_at),
    CHECK (state IN ('draft', 'abandoned') OR key_check IS NOT NULL),
    CHECK (state != 'abandoned' OR abandoned_reason IS NOT NULL)
);

CREATE INDEX "round_owner_id" ON "round" ("owner_id");

CREATE TABLE "group" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "round_id" INTEGER NOT NULL,
    "key" VARCHAR(40) NOT NULL,
    "label" TEXT NOT NULL,
    "weight" VARCHAR(30) NOT NULL,
    "position" INTEGER NOT NULL,
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE
);

CREATE INDEX "group_round_id" ON "group" ("round_id");

CREATE UNIQUE INDEX "group_round_id_key" ON "group" ("round_id", "key");

CREATE TABLE "access_code" (
    "digest" BLOB NOT NULL PRIMARY KEY,
    "round_id" INTEGER NOT NULL,
    "unit_id" INTEGER NOT NULL,
    "group_id" INTEGER NOT NULL,
    "state" VARCHAR(8) NOT NULL CHECK (state IN ('unspent', 'spent', 'void')),
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("unit_id") REFERENCES "unit" ("id") ON DELETE RESTRICT,
    FOREIGN KEY ("group_id") REFERENCES "group" ("id") ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX "access_code_round_id_unit_id_group_id_state" ON "access_code" ("round_id", "unit_id", "group_id", "state");

CREATE TABLE "account" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "name" VARCHAR(60) NOT NULL,
    "unit_id" INTEGER NOT NULL,
    "password_hash" TEXT,
    FOREIGN KEY ("unit_id") REFERENCES "unit" ("id") ON DELETE CASCADE
);

CREATE UNIQUE INDEX "account_name" ON "account" ("name");

CREATE INDEX "account_unit_id" ON "account" ("unit_id");

CREATE TABLE "archive" (
    "round_id" INTEGER NOT NULL PRIMARY KEY,
    "document" BLOB NOT NULL,
    "sha256" VARCHAR(64) NOT NULL,
    "counts" TEXT NOT NULL,
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE
);

CREATE TABLE "audit_entry" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "at" TEXT NOT NULL,
    "account_name" VARCHAR(60) NOT NULL,
    "action" VARCHAR(40) NOT NULL,
    "round_id" INTEGER,
    "unit_id" INTEGER,
    "detail" TEXT NOT NULL,
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE SET NULL,
    FOREIGN KEY ("unit_id") REFERENCES "unit" ("id") ON DELETE SET NULL
);

CREATE INDEX "audit_entry_round_id" ON "audit_entry" ("round_id");

CREATE INDEX "audit_entry_unit_id" ON "audit_entry" ("unit_id");

CREATE TABLE "person" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "code" VARCHAR(40) NOT NULL,
    "name" VARCHAR(120) NOT NULL,
    "unit_id" INTEGER NOT NULL,
    "membership" VARCHAR(12) NOT NULL CHECK (membership IN ('full', 'probationary', 'none')),
    "floating" INTEGER NOT NULL,
    FOREIGN KEY ("unit_id") REFERENCES "unit" ("id") ON DELETE RESTRICT
);

CREATE UNIQUE INDEX "person_code" ON "person" ("code");

CREATE INDEX "person_unit_id" ON "person" ("unit_id");

CREATE TABLE "subject" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "round_id" INTEGER NOT NULL,
    "key" VARCHAR(40) NOT NULL,
    "label" VARCHAR(120) NOT NULL,
    "place_label" VARCHAR(120) NOT NULL,
    "parent_id" INTEGER,
    "unit_id" INTEGER,
    "person_id" INTEGER,
    "place_id" INTEGER,
    "population" INTEGER,
    "rated" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("parent_id") REFERENCES "subject" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("unit_id") REFERENCES "unit" ("id") ON DELETE SET NULL,
    FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE SET NULL,
    FOREIGN KEY ("place_id") REFERENCES "unit" ("id") ON DELETE SET NULL
);

CREATE INDEX "subject_round_id" ON "subject" ("round_id");

CREATE INDEX "subject_parent_id" ON "subject" ("parent_id");

CREATE INDEX "subject_unit_id" ON "subject" ("unit_id");

CREATE INDEX "subject_person_id" ON "subject" ("person_id");

CREATE INDEX "subject_place_id" ON "subject" ("place_id");

CREATE UNIQUE INDEX "subject_round_id_key" ON "subject" ("round_id", "key");

CREATE TABLE "comment" (
    "round_id" INTEGER NOT NULL,
    "key" BLOB NOT NULL,
    "subject_id" INTEGER NOT NULL,
    "sealed" BLOB,
    "text" TEXT,
    PRIMARY KEY ("round_id", "key"),
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("subject_id") REFERENCES "subject" ("id") ON DELETE CASCADE,
    CHECK ((sealed IS NULL) != (text IS NULL))
) WITHOUT ROWID;

CREATE TABLE "decision" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "round_id" INTEGER NOT NULL,
    "subject_id" INTEGER NOT NULL,
    "grade" VARCHAR(40) NOT NULL,
    "reason" TEXT NOT NULL,
    "decided_at" TEXT NOT NULL,
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("subject_id") REFERENCES "subject" ("id") ON DELETE CASCADE
);

CREATE INDEX "decision_round_id" ON "decision" ("round_id");

CREATE INDEX "decision_subject_id" ON "decision" ("subject_id");

CREATE UNIQUE INDEX "decision_round_id_subject_id" ON "decision" ("round_id", "subject_id");

CREATE TABLE "delay" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "round_id" INTEGER NOT NULL,
    "old_end" TEXT NOT NULL,
    "new_end" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE
);

CREATE INDEX "delay_round_id" ON "delay" ("round_id");

CREATE TABLE "failed_sign_in" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "name" VARCHAR(60) NOT NULL,
    "at" TEXT NOT NULL
);

CREATE INDEX "failed_sign_in_name" ON "failed_sign_in" ("name");

CREATE TABLE "plan" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "year" INTEGER NOT NULL,
    "title" VARCHAR(200) NOT NULL,
    "preamble" TEXT NOT NULL
);

CREATE UNIQUE INDEX "plan_year" ON "plan" ("year");

CREATE TABLE "plan_section" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "plan_id" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "heading" VARCHAR(300) NOT NULL,
    "preamble" TEXT NOT NULL,
    FOREIGN KEY ("plan_id") REFERENCES "plan" ("id") ON DELETE CASCADE
);

CREATE INDEX "plan_section_plan_id" ON "plan_section" ("plan_id");

CREATE TABLE "plan_item" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "plan_id" INTEGER NOT NULL,
    "section_id" INTEGER NOT NULL,
    "number" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "paragraphs" TEXT NOT NULL,
    "calls" TEXT NOT NULL,
    FOREIGN KEY ("plan_id") REFERENCES "plan" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("section_id") REFERENCES "plan_section" ("id") ON DELETE CASCADE
);

CREATE INDEX "plan_item_plan_id" ON "plan_item" ("plan_id");

CREATE INDEX "plan_item_section_id" ON "plan_item" ("section_id");

CREATE UNIQUE INDEX "plan_item_plan_id_number" ON "plan_item" ("plan_id", "number");

CREATE TABLE "pledge" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "round_id" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "added_at" TEXT NOT NULL,
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE
);

CREATE INDEX "pledge_round_id" ON "pledge" ("round_id");

CREATE TABLE "rating" (
    "round_id" INTEGER NOT NULL,
    "key" BLOB NOT NULL,
    "subject_id" INTEGER NOT NULL,
    "group_id" INTEGER NOT NULL,
    "sealed" BLOB NOT NULL,
    PRIMARY KEY ("round_id", "key"),
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("subject_id") REFERENCES "subject" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("group_id") REFERENCES "group" ("id") ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE "receipt" (
    "round_id" INTEGER NOT NULL,
    "number" BLOB NOT NULL,
    PRIMARY KEY ("round_id", "number"),
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE "score" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "round_id" INTEGER NOT NULL,
    "subject_id" INTEGER NOT NULL,
    "unit_id" INTEGER,
    "position" INTEGER NOT NULL,
    "disclosure" VARCHAR(12) NOT NULL,
    "valid" INTEGER,
    "score" VARCHAR(8),
    "rate" VARCHAR(8),
    "grade" VARCHAR(40),
    "details" TEXT,
    FOREIGN KEY ("round_id") REFERENCES "round" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("subject_id") REFERENCES "subject" ("id") ON DELETE CASCADE,
    FOREIGN KEY ("unit_id") REFERENCES "unit" ("id") ON DELETE SET NULL
);

CREATE INDEX "score_round_id" ON "score" ("round_id");

CREATE INDEX "score_subject_id" ON "score" ("subject_id");

CREATE INDEX "score_unit_id" ON "score" ("unit_id");

CREATE UNIQUE INDEX "score_round_id_subject_id" ON "score" ("round_id", "subject_id");

CREATE TABLE "sign_in" (
    "digest" BLOB NOT NULL PRIMARY KEY,
    "account_id" INTEGER NOT NULL,
    "expires_at" TEXT NOT NULL,
    FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
);

CREATE INDEX "sign_in_account_id" ON "sign_in" ("account_id");

CREATE TABLE "sign_in_link" (
    "digest" BLOB NOT NULL PRIMARY KEY,
    "account_id" INTEGER NOT NULL,
    "expires_at" TEXT NOT NULL,
    FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
);

CREATE INDEX "sign_in_link_account_id" ON "sign_in_link" ("account_id");

CREATE TABLE "site_fact" (
    "name" VARCHAR(40) NOT NULL PRIMARY KEY,
    "value" TEXT NOT NULL
);
"""


def up(migrator, db):
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            db.execute_sql(statement)
