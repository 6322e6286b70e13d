"""Dataset to answers: metrics by the dictionary's names, bands, targets, and the summary of a run.

Every function takes the dataset of :mod:`rpmsim.dataset`; none knows how it was simulated.
"""
