"""Start the service."""

from .core import make_importable

make_importable()

from .run import main  # noqa: E402

main()
