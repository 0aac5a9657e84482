"""Archives: what is kept of a round or composite, as values and as canonical bytes.

Needs Python alone: whoever has the file can check it.
"""

from surveys.archive.checks import ID
from surveys.archive.questions import Places
from surveys.archive.round_file import (
    MOST_BYTES,
    as_document,
    digest,
    from_document,
    from_parsed,
    parsed,
    read,
    to_bytes,
)
from surveys.archive.types import (
    BEFORE,
    FORMAT,
    Archive,
    ArchiveError,
    Cell,
    Number,
    Question,
    Rules,
    Subject,
    children_of,
)
