"""Unit tests of the programs in the images (deploy/images/postgres/cluster_node), without Docker: `make test-fast` runs them, and
alone `python3 -B -m unittest discover -s Tests/ImagePrograms -t Tests`."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../deploy/images/postgres"))
