"""What the product does, without a web framework: conversations, calls, judging, runs."""
