"""Where the data directory lies: it must outlive the container."""
import os


def problem(directory, table):
    """Why a directory is in no named volume, by the text of /proc/self/mountinfo; None where it is in one."""
    mounts = {}
    for line in table.splitlines():
        fields, _, filesystem = line.partition(" - ")
        source_root, mount_point = fields.split()[3:5]
        mounts[mount_point] = (source_root, filesystem.split()[0])
    place = directory
    while place not in mounts:
        place = os.path.dirname(place)
    source_root, filesystem = mounts[place]
    if place == "/" or filesystem in ("tmpfs", "overlay"):
        return f"{directory} would be lost with this container: no volume is mounted there"
    # Docker names an anonymous volume by 64 hexadecimal digits, and keeps a volume in …/volumes/NAME/_data
    parts = source_root.rstrip("/").split("/")
    name = parts[-2] if parts[-1] == "_data" and len(parts) > 1 else ""
    if len(name) == 64 and not name.strip("0123456789abcdef"):
        return f"{directory} lies in the anonymous volume {name[:12]}…: mount a named one"
    return None
