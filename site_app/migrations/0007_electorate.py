"""Who may vote, and reasons for other numbers of codes; namesakes of open rounds told apart."""

from collections import defaultdict

SUBJECTS = """
SELECT subject.id, subject.key, subject.label, subject.place_label, subject.round_id, home.name
FROM subject JOIN round ON round.id = subject.round_id AND round.state = 'open'
LEFT JOIN person ON person.id = subject.person_id
LEFT JOIN unit AS home ON home.id = person.unit_id
WHERE subject.person_id IS NOT NULL
"""


def up(migrator, db):
    db.execute_sql('ALTER TABLE "round" ADD COLUMN "electorate" TEXT')
    by_name = defaultdict(list)
    for row in db.execute_sql(SUBJECTS).fetchall():
        by_name[row[4], row[2]].append(row)
    for (_, label), same in by_name.items():
        homes = [row[5] for row in same]
        for row in same if len(same) > 1 else ():
            mark = row[5] if homes.count(row[5]) == 1 else row[1]
            told = f"{label[: 118 - len(mark)]}（{mark}）"
            db.execute_sql("UPDATE subject SET label = ? WHERE id = ?", (told, row[0]))
