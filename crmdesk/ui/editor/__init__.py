"""The editor of one contact: made of the vendor's field specifications, shown in the detail pane."""
