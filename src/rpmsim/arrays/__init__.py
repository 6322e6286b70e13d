"""From the model to flat arrays: what the kernel reads, and nothing of how it runs."""
