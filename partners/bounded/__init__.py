"""Work on what strangers sent, in a short-lived process with bounds of its own."""
