"""Read values to the model. Nothing here raises: faults are gathered, and a model is built all the same."""
