"""ISO BMFF as a tree, so that damage inside a box keeps the sizes around it correct."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final, Self

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.media.boxes import iter_boxes, write_box

from .target import BytesMutator

# The number of bytes of fields before the inner boxes
_CONTAINERS: Final = {
    **dict.fromkeys((b"moov", b"trak", b"mdia", b"minf", b"stbl"), 0),
    **dict.fromkeys((b"mvex", b"moof", b"traf"), 0),
    b"stsd": 8,
    **dict.fromkeys((b"avc1", b"hev1"), 78),
    b"mp4a": 28,
}


@dataclass
class _Node:
    type: bytes
    payload: bytes
    children: list[Self] = field(default_factory=list)

    def write(self) -> bytes:
        return write_box(self.type, self.payload, *(c.write() for c in self.children))

    def walk(self) -> Iterator[list[Self]]:
        """Yield every list of boxes below this one."""
        if self.children:
            yield self.children
        for child in self.children:
            yield from child.walk()


def _parse(data: bytes) -> list[_Node]:
    nodes = []
    for box_type, payload in iter_boxes(data):
        fields = _CONTAINERS.get(box_type)
        children: list[_Node] = []
        if fields is not None:
            try:
                children = _parse(bytes(payload[fields:]))
            except MediaError:
                fields = None
        nodes.append(_Node(box_type, bytes(payload[:fields]), children))
    return nodes


def mutate_boxes(data: bytes, random: Random, mutate: BytesMutator) -> bytes:
    """Return boxes of which one is damaged, missing, doubled or moved."""
    try:
        root = _Node(b"", b"", _parse(data))
    except MediaError:
        return mutate(data)
    lists = list(root.walk())
    if not lists or random.random() < 0.1:
        return mutate(data)
    boxes = random.choice(lists)
    box = random.choice(boxes)
    match random.choice(("damage", "damage", "damage", "remove", "double", "move")):
        case "damage":
            box.payload = mutate(box.payload)
        case "remove":
            boxes.remove(box)
        case "double":
            boxes.insert(random.randint(0, len(boxes)), box)
        case "move":
            boxes.remove(box)
            boxes.insert(random.randint(0, len(boxes)), box)
    return b"".join(node.write() for node in root.children)
