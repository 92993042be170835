-- Writes all that is in memory to the files, so that old files of the log may be used again.
CHECKPOINT
