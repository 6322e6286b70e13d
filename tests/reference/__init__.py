"""The slow, obvious simulator, one lead at a time, and its agreement with the engine."""
