"""The demonstration: an obviously invented district."""
