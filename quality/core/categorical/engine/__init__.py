"""What all aggregators of labels stand on: sparse products, fixed points, rates."""
