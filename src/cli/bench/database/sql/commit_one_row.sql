-- What pgbench does again and again: one row, one commit.
INSERT INTO backstock_bench.note (line) VALUES (1);
