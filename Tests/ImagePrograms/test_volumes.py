import unittest

from cluster_node import volumes

ROOT = "30 1 0:27 / / rw - overlay overlay rw"
DATA = "/var/lib/postgresql/data"


def mounted(source, point="/var/lib/postgresql", filesystem="ext4"):
    return f"{ROOT}\n40 30 8:1 {source} {point} rw,relatime shared:1 - {filesystem} /dev/sda1 rw\n"


class NamedVolumes(unittest.TestCase):
    def test_a_named_volume(self):
        self.assertIsNone(volumes.problem(DATA, mounted("/var/lib/docker/volumes/demo-data/_data")))

    def test_a_directory_of_the_host(self):
        self.assertIsNone(volumes.problem(DATA, mounted("/srv/postgresql")))

    def test_an_anonymous_volume(self):
        name = "0123456789abcdef" * 4
        self.assertIn("anonymous volume 0123456789ab…", volumes.problem(DATA, mounted(f"/docker/volumes/{name}/_data")))

    def test_a_name_of_64_letters_is_a_name(self):
        self.assertIsNone(volumes.problem(DATA, mounted(f"/docker/volumes/{'z' * 64}/_data")))

    def test_nothing_mounted(self):
        self.assertIn("would be lost", volumes.problem(DATA, ROOT))

    def test_memory_is_no_volume(self):
        self.assertIn("would be lost", volumes.problem(DATA, mounted("/", filesystem="tmpfs")))

    def test_the_nearest_mount_counts(self):
        table = mounted("/docker/volumes/demo/_data") + "41 40 0:5 / /var/lib/postgresql/data rw - tmpfs tmpfs rw\n"
        self.assertIn("would be lost", volumes.problem(DATA, table))

    def test_a_neighbour_does_not_count(self):
        self.assertIn("would be lost", volumes.problem(DATA, mounted("/docker/volumes/demo/_data", "/var/lib/postgres")))
