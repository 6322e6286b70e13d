"""Companies with a known truth, their CRM exports, and how well a calibration of such an export finds the truth.

``world`` states a random company as a scenario, ``past`` simulates it and writes the export of one day together with
what came after that day, ``numbers`` reads the same quantities off the truth and off a calibration, ``judge`` scores a
world, and ``coverage`` pools many. The tests run a few worlds of small companies, ``benchmarks/worlds.py`` many.
"""
