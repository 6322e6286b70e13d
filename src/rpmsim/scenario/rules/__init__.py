"""What a scenario must mean: rules on the built model, each told at the place that breaks it."""
