"""What every request passes before a route: headers, gate, limits, wall, login."""
