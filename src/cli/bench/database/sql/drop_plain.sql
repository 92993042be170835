-- Takes away what the plain baseline worked on.
DROP SCHEMA IF EXISTS backstock_bench CASCADE
