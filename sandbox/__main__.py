"""`python -m sandbox`: serves at the address named by SANDBOX_URL."""

import sys

from sandbox.app import main

sys.exit(main())
