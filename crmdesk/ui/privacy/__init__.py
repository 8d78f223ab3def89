"""The guest's rights at the desk: an extract, erasing, who did what; and masks against looks over the counter."""
