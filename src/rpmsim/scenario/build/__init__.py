"""Read values to the model's dataclasses. Nothing here fails: what is wrong is gathered, and a model is built all the same."""
