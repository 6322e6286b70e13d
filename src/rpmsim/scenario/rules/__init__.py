"""What a scenario must mean: rules on the built model, each reported at the place that breaks it."""
