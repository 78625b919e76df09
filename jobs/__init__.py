"""The night door: clock, workers and the gateways to every outside system."""
