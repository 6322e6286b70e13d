"""Read values to the model. Nothing here raises: errors are gathered, and a model is built all the same."""
