-- A line of the ledger is also the event that others hear of; what the line alone does not say
-- stands here, as domain/event.rs names it. NULL: nobody need hear of it.
ALTER TABLE movement
    ADD COLUMN inbound bigint NOT NULL DEFAULT 0,
    ADD COLUMN event jsonb;
