"""MPI-INF-3DHP: fourteen cameras around eight actors (for research, on request)."""

from prvipe.io.mpi_inf_3dhp.annotations import load_mpi_inf_3dhp
from prvipe.io.mpi_inf_3dhp.layout import CAMERAS, CHEST_CAMERAS, SEQUENCES
from prvipe.io.mpi_inf_3dhp.p_stmo import load_p_stmo

__all__ = ["CAMERAS", "CHEST_CAMERAS", "SEQUENCES", "load_mpi_inf_3dhp", "load_p_stmo"]
