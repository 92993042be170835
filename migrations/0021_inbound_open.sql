-- Supply that is still to come and that promises count on, by its date: the background looks for
-- dates that pass.
CREATE INDEX inbound_open ON inbound (program, ships_on)
    WHERE NOT cancelled AND NOT closed AND NOT overdue AND expected > received + damaged;
