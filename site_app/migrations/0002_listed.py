"""The names of subjects that are in no roster: a course, a commitment, a candidate."""


def up(migrator, db):
    # SQLite puts it at the end of the columns, as in the model.
    db.execute_sql('ALTER TABLE "round" ADD COLUMN "listed" TEXT')
