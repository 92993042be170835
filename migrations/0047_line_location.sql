-- The only location where a line's allocated units stand; `allocations` says so for lines whose
-- units stand in several. Most stand in one, and a text is cheaper to write than a document.
ALTER TABLE line
    ADD COLUMN location text COLLATE "C",
    ALTER COLUMN allocations DROP NOT NULL;
