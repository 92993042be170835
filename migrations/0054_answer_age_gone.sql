-- Old answers are found block by block, in the order they were written. Each new answer had to look
-- into the pages of this index, whatever its size.
DROP INDEX answer_age;
