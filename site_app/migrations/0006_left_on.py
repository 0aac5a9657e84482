"""The day on which a person or a unit left the roster."""


def up(migrator, db):
    for table in ("unit", "person"):
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "left_on" VARCHAR(10)')
