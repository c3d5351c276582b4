"""The network, its Gaussians, matching probability and checkpoints."""
