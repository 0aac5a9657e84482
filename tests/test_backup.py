"""A backup is whole, of one moment and its owner's alone; restored, it says what it means."""

from __future__ import annotations

from pathlib import Path

from site_app import backup
from tests.factories import District


def test_first(district: District, tmp_path: Path) -> None:
    file = tmp_path / "backup.sqlite"
    backup.create(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert backup.verify(file).rounds == 0
    print(backup.verify(file))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["backup.sqlite", "data", "keys"]
