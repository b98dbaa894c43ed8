#!/bin/sh
# The command `farport`, by the app beside this folder: without a window, a display, or Node.
self=$(readlink -f "$0") || exit 1
exec "$(dirname "$self")/../farport-app" --ozone-platform=headless --cli -- "$@"
