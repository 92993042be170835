-- How much was looked at.
SELECT (SELECT count(*) FROM item WHERE program = $1) AS items,
       (SELECT count(*) FROM movement WHERE program = $1) AS movements,
       (SELECT count(*) FROM line WHERE program = $1) AS lines
