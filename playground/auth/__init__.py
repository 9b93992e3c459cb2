"""Who may do what: addresses, passwords, sessions, visitors."""
