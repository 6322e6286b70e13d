"""The compiled part: numpy, numba and the array layout only. Each file implements one section of the model."""
