"""Who recorded a decided grade."""


def up(migrator, db):
    db.execute_sql('ALTER TABLE "decision" ADD COLUMN "decided_by" VARCHAR(60)')
