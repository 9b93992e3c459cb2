"""Tools below the page: definitions, checks of calls, mock results, built-in functions, and who answers a call."""
