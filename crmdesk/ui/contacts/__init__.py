"""The Contacts section: search box, view bar, list, detail pane."""
