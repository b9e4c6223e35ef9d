"""What the terminal shows of a run, one file a section. Lines of styled text; nothing is printed here."""
