"""What pages are built of: tables, charts, paging, order. Knows no round and no unit."""
