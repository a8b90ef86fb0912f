"""What every family stands on: arguments and errors, the reduction, what a case and a noise model are."""
