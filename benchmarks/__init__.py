"""The readable losses under torch.compile beside torch's own kernels: ``python -m benchmarks``."""
