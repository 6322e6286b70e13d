"""Types that only scenarios know: numbers and their ranges, values by class, periods, dated changes."""
