"""attractor: how far a recurrent network's subject-verb agreement reaches, and why it fails."""

__version__ = "0.1.0"
