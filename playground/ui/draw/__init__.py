"""Values to HTML: pure functions that escape whatever they did not write themselves."""
