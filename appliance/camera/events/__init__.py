"""What is told: when it opened, changed and was over."""
