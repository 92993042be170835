-- Lines whose customer was asked about a delay, by the end of the time to answer.
CREATE INDEX line_question ON line (program, answer_by) WHERE answer_by IS NOT NULL;
