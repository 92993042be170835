-- The location of the programme that always exists.
INSERT INTO location (program, location, display_name, priority) VALUES ('default', 'main', 'Main', 0);
