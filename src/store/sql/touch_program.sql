-- Says that the programme's settings or its locations were written.
UPDATE program SET settings_at = statement_timestamp() WHERE program = $1
