"""What performance is measured with: a realistic data set, real web workers, and floors to compare with."""
