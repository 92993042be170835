-- When the programme's settings or its locations were last written: whoever has kept them in memory
-- sees by it whether they are still the same.
ALTER TABLE program ADD COLUMN settings_at timestamptz NOT NULL DEFAULT now();
