"""A tester that knows the public interface only: kernels after random work against fresh ones and plain Python."""
