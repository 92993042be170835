-- Where events are sent to, and how far each has come.
CREATE TABLE sink (
    program         text COLLATE "C" NOT NULL,
    kind            text NOT NULL,
    sink            text COLLATE "C" NOT NULL,
    url             text NOT NULL,
    -- Only events of these types; empty = all.
    types           text[] NOT NULL,
    secret          text NOT NULL,
    -- The place of the last event that was delivered or filtered out.
    position        bigint NOT NULL,
    -- How often the next event has failed.
    attempts        integer NOT NULL,
    -- When it is tried again. NULL: at once.
    next_attempt_at timestamptz,
    -- Who delivers now, and until when nobody else may.
    lease           uuid,
    leased_until    timestamptz,
    -- Since when nothing is sent any more, because too many attempts failed.
    parked_at       timestamptz,
    last_error      text NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (program, kind, sink),
    CONSTRAINT sink_kind CHECK (kind IN ('webhook', 'nats'))
) WITH (fillfactor = 70);
