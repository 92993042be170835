-- What an item's row needs to know of supply and promises: units on hand that came for the queue
-- and are still to be handed out (a long fill), units announced and not yet received, the number
-- at which stock counts as low, and whether its queue is being re-dated.
ALTER TABLE item
    ADD COLUMN owed bigint NOT NULL DEFAULT 0,
    ADD COLUMN inbound bigint NOT NULL DEFAULT 0,
    ADD COLUMN low_stock bigint NOT NULL DEFAULT 0,
    ADD COLUMN redating boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT item_owed_within_backordered CHECK (owed BETWEEN 0 AND backordered),
    ADD CONSTRAINT item_inbound_not_negative CHECK (inbound >= 0);
