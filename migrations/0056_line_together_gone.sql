-- Orders that have waited long enough are found by what they have to ship. This index kept those
-- that were given back for ever.
DROP INDEX line_together;
