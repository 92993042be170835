-- New rows of the stream, in the order of their places. Each is given as so many runs of the lists
-- that follow one another.
INSERT INTO feed (program, position, events, at, skus, from_versions, to_versions, counts)
SELECT $1, feed.position, feed.events, feed.at,
       ($4::text[])[feed.first : feed.last], ($5::bigint[])[feed.first : feed.last],
       ($6::bigint[])[feed.first : feed.last], ($7::bigint[])[feed.first : feed.last]
FROM unnest($2::bigint[], $3::bigint[], $8::integer[], $9::integer[], $10::timestamptz[])
    AS feed (position, events, first, last, at)
