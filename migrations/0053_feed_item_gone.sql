-- Up to where an item's events have their places follows from the changes that are left.
DROP TABLE feed_item;
