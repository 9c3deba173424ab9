"""What is measured of speed and memory in minutes: `make bench`."""

import sys

from benchmarks import approval, bulk, console, end_to_end, index, notifying, serving


def main() -> None:
    """Run each benchmark in turn."""
    sys.argv = sys.argv[:1]
    serving.main()
    index.main()
    approval.main()
    end_to_end.main()
    bulk.main()
    notifying.main()
    console.main()


if __name__ == "__main__":
    main()
