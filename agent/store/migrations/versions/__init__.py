"""One file a layout, named by its revision. A migration that has been released is never edited."""
